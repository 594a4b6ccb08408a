// The call that a run answers: what it was, and how it is told something while a stage is at work.

/// A command line, seen from the stages.
public struct Invocation: Sendable {
    /// What a shell would be given to go on with the same work.
    public let command: String
    /// Says a line at once, from any thread.
    public let tell: @Sendable (String) -> Void

    public init(command: String, tell: @escaping @Sendable (String) -> Void) {
        self.command = command
        self.tell = tell
    }

    /// The call with `arguments`, the program first, as a shell takes it. A call that starts over is gone on with by one that does not.
    public static func command(_ arguments: [String]) -> String {
        arguments.filter { $0 != "--fresh" }.map(quoted).joined(separator: " ")
    }

    private static func quoted(_ argument: String) -> String {
        let plain = argument.unicodeScalars.allSatisfy { scalar in
            scalar.value < 128
                && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                    || "-_./=:,+@%".unicodeScalars.contains(scalar))
        }
        if plain, !argument.isEmpty { return argument }
        return "'" + argument.replacing("'", with: "'\\''") + "'"
    }
}
