// What a file calls the model in it, for people to read.

internal import Foundation

/// Names of models in `general.*` keys, as llama.cpp's converter makes them.
enum ModelName {
    /// The last part of `place` in words: "SmolLM2 135M Instruct".
    static func title(of place: String) -> String {
        let words = URL(fileURLWithPath: place).standardizedFileURL.lastPathComponent
            .split { $0 == "-" || $0.isWhitespace }
        return words.map { word in
            let isVersion = word.first == "v" && word.dropFirst().first?.isNumber == true
            guard word == word.lowercased(), !isVersion, word.first?.isNumber == false else { return String(word) }
            return word.prefix(1).uppercased() + word.dropFirst()
        }.joined(separator: " ")
    }

    /// A number of weights, rounded: "135M", "7.2B", with two digits at least.
    static func sizeLabel(_ count: Int) -> String {
        let units = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (0, "K")]
        let (bound, unit) = units.first { Double(count) > $0.0 } ?? (0, "K")
        let scaled = Double(count) / max(bound, 1e3)
        let wholeDigits = scaled.rounded(.toNearestOrEven) >= 1 ? "\(Int(scaled.rounded(.toNearestOrEven)))".count : 0
        return String(format: "%.\(max(2 - wholeDigits, 0))f", scaled) + unit
    }
}
