// What declared tools and calls of tools say, piece by piece.

internal import JSON

/// The words of tools, to be looked for in a rendering.
enum ToolWords {
    // MARK: Declarations

    /// A declared tool: its name, and what is said of it and of its parameters.
    static func pieces(ofTool tool: JSONValue, _ place: [PieceStep]) -> [RowPiece] {
        guard let name = tool.object.flatMap(ToolList.name) else { return [] }
        let (function, place) = inner(tool, place)
        var details: [RowPiece] = []
        func add(_ text: String?, _ place: [PieceStep]) {
            guard let text, !text.isBlank else { return }
            details.append(RowPiece(remark: RowRemark(.toolDetail), text: text, message: nil, places: [place]))
        }
        func walk(_ schema: JSONValue, _ place: [PieceStep]) {
            if case .string(let text)? = schema["description"] { add(text, place + [.member("description")]) }
            for member in schema["properties"]?.object?.members ?? [] {
                let properties = place + [.member("properties")]
                add(member.key, properties + [.name(member.key)])
                walk(member.value, properties + [.member(member.key)])
            }
            if let items = schema["items"] { walk(items, place + [.member("items")]) }
        }
        if case .string(let text)? = function["description"] { add(text, place + [.member("description")]) }
        if let parameters = function["parameters"] { walk(parameters, place + [.member("parameters")]) }
        let own = RowPiece(
            remark: RowRemark(.tool), text: name, message: nil, places: [place + [.member("name")]])
        return [own] + details
    }

    // MARK: Calls

    /// A call of a tool: its name and its arguments.
    static func pieces(ofCall call: JSONValue, _ place: [PieceStep], message: Int) -> [RowPiece] {
        let (function, place) = inner(call, place)
        func piece(_ text: String, _ place: [PieceStep]) -> RowPiece {
            RowPiece(remark: RowRemark(.toolCall), text: text, message: message, places: [place])
        }
        let arguments = function["arguments"].map { leaves($0, place + [.member("arguments")]) } ?? []
        return [piece(function["name"]?.string ?? "", place + [.member("name")])]
            + arguments.map { piece($0.text, $0.place) }
    }

    /// The texts and numbers of a value, and the names of members that hold neither: what shows that it is rendered.
    private static func leaves(_ value: JSONValue, _ place: [PieceStep]) -> [(text: String, place: [PieceStep])] {
        switch value {
        case .string(let text): return text.isBlank ? [] : [(text, place)]
        case .integer(let number): return [("\(number)", place)]
        case .digits(let digits): return [(digits, place)]
        case .double: return [("", place)]
        case .array(let elements):
            return elements.enumerated().flatMap { leaves($0.element, place + [.element($0.offset)]) }
        case .object(let object):
            return object.members.flatMap { member in
                let found = leaves(member.value, place + [.member(member.key)])
                return found.isEmpty ? [(member.key, place + [.name(member.key)])] : found
            }
        case .null, .bool: return []
        }
    }

    /// What a tool or a call says, whether it stands in a function or, as some write it, in itself.
    private static func inner(_ value: JSONValue, _ place: [PieceStep]) -> (JSONValue, [PieceStep]) {
        guard let function = value["function"], function.object != nil else { return (value, place) }
        return (function, place + [.member("function")])
    }
}
