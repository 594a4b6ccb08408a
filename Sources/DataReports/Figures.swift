// Numbers as people read them. Without a locale: the same report everywhere.

internal import Spelling

/// Writes numbers.
enum Figures {
    /// "16,137".
    static func count(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var output = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { output += "," }
            output.append(digit)
        }
        return value < 0 ? "-" + output : output
    }

    /// "1 row", "2 rows".
    static func count(_ value: Int, _ thing: String, plural: String? = nil) -> String {
        "\(count(value)) \(Count.noun(value, thing, plural: plural))"
    }

    /// "37%", "0.4%"; never "0%" or "100%" of what is not none or all.
    static func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "–" }
        if part == 0 { return "0%" }
        if part == whole { return "100%" }
        let tenths = Int((1000 * Double(part) / Double(whole)).rounded())
        if tenths < 1 { return "<0.1%" }
        if tenths > 999 { return ">99.9%" }
        return tenths < 100 || tenths > 900 ? "\(tenths / 10).\(tenths % 10)%" : "\((tenths + 5) / 10)%"
    }

    /// "3.1 MB".
    static func bytes(_ value: Int) -> String {
        guard value >= 1000 else { return "\(value) B" }
        var amount = Double(value)
        var unit = "B"
        for larger in ["kB", "MB", "GB", "TB"] where amount >= 1000 {
            amount /= 1000
            unit = larger
        }
        return amount < 9.95 ? "\(decimal(amount, places: 1)) \(unit)" : "\(Int(amount.rounded())) \(unit)"
    }

    /// With that many digits after the point, at most two.
    static func decimal(_ value: Double, places: Int) -> String {
        let scale = places == 1 ? 10 : 100
        let whole = Int((value * Double(scale)).rounded())
        let rest = String(whole % scale)
        return "\(whole / scale)." + String(repeating: "0", count: places - rest.count) + rest
    }

    /// A round number of at least `value` / `parts`: 1, 2 or 5 times a power of ten.
    static func step(_ value: Int, parts: Int) -> Int {
        var step = 1
        while step * parts < value {
            // 1 → 2 → 5 → 10.
            let leading = String(step).first
            step = leading == "2" ? step / 2 * 5 : step * 2
        }
        return step
    }
}
