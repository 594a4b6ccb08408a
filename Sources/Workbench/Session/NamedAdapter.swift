// An adapter as a person names it, and how much it counts: A, or A=0.7.

internal import Files
internal import Foundation

/// An adapter on disk with its weight.
public struct NamedAdapter: Sendable, Equatable {
    public let path: String
    public let weight: Double

    public init(path: String, weight: Double = 1) {
        self.path = path
        self.weight = weight
    }

    /// Reads PATH or PATH=WEIGHT. What stands there under the whole name is the adapter; else the last `=` parts them where a
    /// number follows.
    public init(argument: String) throws {
        guard try FileForm(at: argument) == nil, let equals = argument.lastIndex(of: "=") else {
            self.init(path: argument)
            return
        }
        let number = String(argument[argument.index(after: equals)...]), path = String(argument[..<equals])
        guard let weight = Double(number) else {
            // A name of its own that is not there is said where it is opened.
            guard try path.isEmpty || FileForm(at: path) == nil else {
                throw Failure(
                    .usage, "--adapter \(path: argument): '\(path: number)' is no number to weigh it with",
                    hint: "as in --adapter \(path: path)=0.5")
            }
            self.init(path: argument)
            return
        }
        guard Float(weight).isFinite else {
            throw Failure(.usage, "--adapter \(path: argument): the weight must be a number that a float holds")
        }
        guard !path.isEmpty else { throw Failure(.usage, "--adapter \(path: argument): the path is missing") }
        self.init(path: path, weight: weight)
    }
}
