// An option that takes one value and is given two: the parser would pass over the first without a word.

internal import ArgumentParser
internal import Workbench

/// Looks through a call that was parsed.
enum RepeatedOption {
    /// Throws at the first option that is given more often than it counts.
    static func requireNone(in arguments: [String]) throws {
        let given = arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }.map { $0.prefix { $0 != "=" } }
        let counts = Dictionary(grouping: given, by: \.self).mapValues(\.count)
        // What every option is takes a while to ask.
        guard counts.values.contains(where: { $0 > 1 }) else { return }
        let call = try CommandDescription(Lathe.self).calls.first { arguments.starts(with: $0.words) }
        for argument in call?.verb.arguments ?? [] where argument.value != nil && !argument.isRepeating {
            for name in argument.names {
                guard let count = counts[name[...]], count > 1 else { continue }
                throw Failure(
                    .usage, "\(name) is given \(count) times, and one value counts", hint: "name it once")
            }
        }
    }
}
