// Who speaks a turn, whatever the file calls them.

public import JSON

/// The roles of a conversation's turns.
public struct TurnRoles: Sendable, Equatable {
    /// What files call those who speak → what templates call them; other names stay as they are.
    private let names: [String: String]
    /// Of messages that name no role, in turn; empty: they have none.
    private let inTurn: [String]
    /// Those that the recipe names.
    private let ours: Set<String>

    /// - Parameters:
    ///   - names: beside those that everybody writes.
    ///   - inTurn: from each conversation's first message on.
    public init(names: [String: String] = [:], inTurn: [String] = []) {
        self.names = Self.known.merging(names) { $1 }
        self.inTurn = inTurn
        ours = Set(names.values).union(inTurn)
    }

    private static let known = [
        "human": "user", "prompter": "user", "gpt": "assistant", "agent": "assistant", "bot": "assistant",
        "model": "assistant", "chatgpt": "assistant", "function_call": "assistant", "observation": "tool",
        "api": "tool",
    ]

    /// Those that templates know.
    static let common: Set<String> = ["system", "developer", "user", "assistant", "tool", "function", "ipython"]

    /// Whether somebody named the role: everybody, or the recipe.
    func knows(_ role: String) -> Bool { Self.common.contains(role) || ours.contains(role) }

    /// The role of a turn that calls it `name`.
    ///
    /// Names that the recipe does not map are read as everybody means them: "User " is `user`.
    public func role(named name: String) -> String {
        if let role = names[name] { return role }
        let plain = name.trimmingWhiteSpace.lowercased()
        return names[plain] ?? (Self.common.contains(plain) ? plain : name)
    }

    /// The role of a conversation's turn `number` where it names none.
    public func role(ofTurn number: Int) -> String? { inTurn.isEmpty ? nil : inTurn[number % inTurn.count] }

    /// The role of a turn, by its member `key` or by its number.
    public func role(of turn: JSONValue, number: Int, key: String?) -> String? {
        let name = key.map { turn[$0]?.string } ?? turn["role"]?.string ?? turn["from"]?.string
        guard let name, !name.isEmpty else { return role(ofTurn: number) }
        return role(named: name)
    }
}
