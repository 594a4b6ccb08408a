// Fields built from other fields, by templates such as "Context: {context}\nQuestion: {question}".

internal import JSON

/// Templates by the field they build. `{name}` stands for a field of the row, `{{` and `}}` for braces.
public struct RowTemplates: Sendable, Equatable {
    private enum Piece: Equatable {
        case text(String)
        case field(String)
    }

    private let templates: [(field: String, pieces: [Piece])]
    private let source: [String: String]

    public init(_ templates: [String: String]) throws(DatasetError) {
        var parsed: [(field: String, pieces: [Piece])] = []
        for (field, text) in templates.sorted(by: { $0.key < $1.key }) {
            parsed.append((field, try Self.pieces(text, field)))
        }
        self.templates = parsed
        source = templates
    }

    public static func == (left: RowTemplates, right: RowTemplates) -> Bool { left.source == right.source }

    /// The fields that templates build.
    var fields: [String] { templates.map(\.field) }

    private static func pieces(_ template: String, _ field: String) throws(DatasetError) -> [Piece] {
        var pieces: [Piece] = []
        var text = ""
        var name: String?
        var scalars = template.unicodeScalars[...]
        func broken(_ reason: String) -> DatasetError {
            DatasetError(
                .template, RowPlace(file: "data.template.\(field)", line: 0), reason,
                hint: "{name} stands for a field, {{ and }} for braces")
        }
        while let scalar = scalars.popFirst() {
            switch (scalar, name) {
            case ("{", nil) where scalars.first == "{", ("}", nil) where scalars.first == "}":
                text.unicodeScalars.append(scalar)
                scalars.removeFirst()
            case ("{", nil):
                if !text.isEmpty { pieces.append(.text(text)) }
                text = ""
                name = ""
            case ("}", let known?):
                guard !known.isEmpty else { throw broken("a field without a name") }
                pieces.append(.field(known))
                name = nil
            case ("{", _?), ("}", nil): throw broken("a brace without its partner")
            case (_, let known?): name = known + String(Character(scalar))
            case (_, nil): text.unicodeScalars.append(scalar)
            }
        }
        guard name == nil else { throw broken("a brace without its partner") }
        if !text.isEmpty || pieces.isEmpty { pieces.append(.text(text)) }
        return pieces
    }

    /// Builds the fields of `row`. Templates read what the file has, never one another's results.
    public func apply(to row: inout SourceRow) throws(DatasetError) {
        guard !templates.isEmpty else { return }
        let fields = row.fields
        for (field, pieces) in templates {
            var text = ""
            for piece in pieces {
                switch piece {
                case .text(let piece): text += piece
                case .field(let name):
                    guard let value = fields[name], !value.isNull else {
                        throw DatasetError(
                            .missingField, row.place, "data.template.\(field) needs \"\(name)\", which the row has not")
                    }
                    text += value.string ?? value.text()
                }
            }
            row.fields[field] = .string(text)
        }
    }
}
