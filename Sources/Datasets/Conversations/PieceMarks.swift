// Pieces whose words prove nothing where they are found: a mark put into each shows whether the template renders it.

internal import JSON

/// A step on the way to a value within a conversation, which is seen as `{"messages": [...], "tools": [...], ...}`.
enum PieceStep: Equatable, Sendable {
    case member(String)
    case element(Int)
    /// The name of a member, and not its value: the last step.
    case name(String)
}

/// A conversation with a mark in each of some pieces.
struct MarkedConversation {
    private(set) var input: MessageForm.Input
    /// The marks by the numbers of their pieces, ascending.
    let marks: [(piece: Int, mark: String)]

    /// - Parameter pieces: which pieces, with the places of each.
    init(_ input: MessageForm.Input, marking pieces: [(number: Int, places: [[PieceStep]])]) {
        var root = JSONValue.object(input.extra.with("messages", .array(input.messages)))
        var marks: [(piece: Int, mark: String)] = []
        var places: [(mark: String, place: [PieceStep])] = []
        for piece in pieces {
            // Digits stand in texts and numbers alike; the length keeps them from standing anywhere by chance.
            let mark = "73\(100_000 + marks.count)37"
            marks.append((piece.number, mark))
            places += piece.places.map { (mark, $0) }
        }
        // What stands below a name is found by that name: names are changed last, the innermost first.
        let names = places.filter(\.place.endsInName).sorted { $0.place.count > $1.place.count }
        for (mark, place) in places.filter({ !$0.place.endsInName }) + names {
            root = root.marked(with: mark, at: place[...])
        }
        self.marks = marks
        var extra = root.object ?? JSONObject()
        self.input = MessageForm.Input(messages: extra["messages"]?.array ?? [], extra: JSONObject())
        extra["messages"] = nil
        self.input.extra = extra
    }

    /// The pieces whose marks stand in none of `texts`.
    func unheard(in texts: [[UInt8]]) -> [Int] {
        marks.filter { mark in !texts.contains { $0.holds(Array(mark.mark.utf8)) } }.map(\.piece)
    }
}

extension [PieceStep] {
    fileprivate var endsInName: Bool { if case .name? = last { true } else { false } }
}

extension JSONObject {
    fileprivate func with(_ key: String, _ value: JSONValue) -> JSONObject {
        var object = self
        object[key] = value
        return object
    }
}

extension JSONValue {
    /// With a mark at the end of the text, in the digits of the number, or in the name that stands at `place`; as it is where
    /// nothing stands there.
    fileprivate func marked(with mark: String, at place: ArraySlice<PieceStep>) -> JSONValue {
        guard let step = place.first else { return marked(with: mark) }
        switch step {
        case .member(let key):
            guard var object, let value = object[key] else { return self }
            object[key] = value.marked(with: mark, at: place.dropFirst())
            return .object(object)
        case .element(let number):
            guard var array, array.indices.contains(number) else { return self }
            array[number] = array[number].marked(with: mark, at: place.dropFirst())
            return .array(array)
        case .name(let key):
            guard let object else { return self }
            return .object(JSONObject(object.members.map { $0.key == key ? (key + mark, $0.value) : $0 }))
        }
    }

    private func marked(with mark: String) -> JSONValue {
        switch self {
        case .string(let text): .string(text + mark)
        case .integer, .digits: Int(mark).map { .integer($0) } ?? self
        case .double: Double(mark).map { .double($0 + 0.5) } ?? self
        default: self
        }
    }
}
