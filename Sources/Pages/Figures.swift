// Numbers as people read them. Without a locale: the same report everywhere.

internal import Spelling

/// Writes numbers.
package enum Figures {
    /// "16,137".
    package static func count(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var output = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { output += "," }
            output.append(digit)
        }
        return value < 0 ? "-" + output : output
    }

    /// "1 row", "2 rows".
    package static func count(_ value: Int, _ thing: String, plural: String? = nil) -> String {
        "\(count(value)) \(Count.noun(value, thing, plural: plural))"
    }

    /// "37%", "0.4%"; never "0%" or "100%" of what is not none or all.
    package static func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "–" }
        if part == 0 { return "0%" }
        if part == whole { return "100%" }
        let tenths = Int((1000 * Double(part) / Double(whole)).rounded())
        if tenths < 1 { return "<0.1%" }
        if tenths > 999 { return ">99.9%" }
        return tenths < 100 || tenths > 900 ? "\(tenths / 10).\(tenths % 10)%" : "\((tenths + 5) / 10)%"
    }

    /// "3.1 MB".
    package static func bytes(_ value: Int) -> String {
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
    package static func decimal(_ value: Double, places: Int) -> String {
        let scale = places == 1 ? 10 : 100
        let whole = Int((value * Double(scale)).rounded())
        let rest = String(whole % scale)
        return "\(whole / scale)." + String(repeating: "0", count: places - rest.count) + rest
    }

    /// With four digits after the point.
    package static func number(_ value: Double) -> String { ShownNumber.fourDigits(value) }

    /// As `number`, with its sign: "+0.0312".
    package static func difference(_ value: Double) -> String {
        let text = number(value)
        return value > 0 && text != number(0) ? "+" + text : text
    }

    /// With an exponent: "4.4e-7".
    package static func scientific(_ value: Double) -> String {
        guard value != 0, value.isFinite else { return number(value) }
        var (digits, exponent) = (abs(value), 0)
        while digits >= 10 { (digits, exponent) = (digits / 10, exponent + 1) }
        while digits < 1 { (digits, exponent) = (digits * 10, exponent - 1) }
        let text = decimal(digits, places: 1)
        return (value < 0 ? "-" : "") + (text == "10.0" ? "1.0e\(exponent + 1)" : "\(text)e\(exponent)")
    }

    /// A number that may be very small: with an exponent where four digits show little of it.
    package static func small(_ value: Double?) -> String {
        guard let value else { return "–" }
        return value != 0 && abs(value) < 0.01 ? scientific(value) : number(value)
    }

    /// A share of one: "37%"; what is no part of it as it is: "-12%", "130%".
    package static func percent(_ share: Double) -> String {
        guard share.isFinite, abs(share) < 1e12 else { return "–" }
        guard 0...1 ~= share else { return count(Int((100 * share).rounded())) + "%" }
        return percent(Int((share * 1_000_000).rounded()), of: 1_000_000)
    }

    /// "1 h 05 min", "3 min 20 s", "12 s".
    package static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, abs(seconds) < 1e12 else { return "?" }
        if seconds < 9.95 { return decimal(max(0, seconds), places: 1) + " s" }
        let whole = Int(seconds.rounded())
        switch whole {
        case ..<60: return "\(whole) s"
        case ..<3600: return "\(whole / 60) min \(whole % 60) s"
        default: return "\(whole / 3600) h " + (whole / 60 % 60 < 10 ? "0" : "") + "\(whole / 60 % 60) min"
        }
    }

    /// A round number of at least `value` / `parts`: 1, 2 or 5 times a power of ten.
    package static func step(_ value: Int, parts: Int) -> Int {
        var step = 1
        while step * parts < value {
            // 1 → 2 → 5 → 10.
            let leading = String(step).first
            step = leading == "2" ? step / 2 * 5 : step * 2
        }
        return step
    }
}
