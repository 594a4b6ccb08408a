// Regular expressions through Oniguruma, the engine that Hugging Face's tokenizers use, so that patterns mean the same.

internal import COniguruma
internal import Synchronization

/// A compiled pattern.
///
/// `@unchecked`: a compiled Oniguruma pattern is only read by searches, each of which brings its own region.
package final class RegularExpression: @unchecked Sendable {
    private let regex: Compiled
    let pattern: String

    private typealias Compiled = OnigRegex

    private static let initialised: Bool = {
        var encodings: [OnigEncoding?] = [lathe_onig_utf8()]
        return onig_initialize(&encodings, 1) == ONIG_NORMAL
    }()

    /// Compiling shares tables inside the library.
    private static let compiling = Mutex(())

    package init(_ pattern: String, place: String) throws(TokenizerError) {
        var compiled: Compiled?
        let bytes = Array(pattern.utf8)
        let status: Int32 = Self.compiling.withLock { _ in
            guard Self.initialised else { return -1 }
            return bytes.withUnsafeBufferPointer { buffer -> Int32 in
                guard let start = buffer.baseAddress else {
                    return onig_new(&compiled, [], [], 0, lathe_onig_utf8(), lathe_onig_syntax(), nil)
                }
                return onig_new(&compiled, start, start + buffer.count, 0, lathe_onig_utf8(), lathe_onig_syntax(), nil)
            }
        }
        guard status == ONIG_NORMAL, let compiled else {
            throw TokenizerError(place: place, reason: "Oniguruma refuses the pattern (error \(status))")
        }
        regex = compiled
        self.pattern = pattern
    }

    deinit { onig_free(regex) }

    /// The matches in `text[range]`, left to right, not overlapping. The pattern sees only that stretch, as if nothing stood
    /// around it. Where the engine gives up (its limit of steps), the rest counts as unmatched.
    func matches(in text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
        guard let base = text.baseAddress, let region = onig_region_new() else { return }
        defer { onig_region_free(region, 1) }
        let start = base + range.lowerBound
        let end = base + range.upperBound
        var position = start
        var lastEnd = -1
        while position <= end {
            guard onig_search(regex, start, end, position, end, region, 0) >= 0 else { return }
            let lower = Int(region.pointee.beg[0])
            let upper = Int(region.pointee.end[0])
            if upper == lower {
                if upper != lastEnd { body(range.lowerBound + lower..<range.lowerBound + upper) }
                guard start + upper < end else { return }
                position = start + upper + UTF8Scan.length(first: start[upper])
            } else {
                body(range.lowerBound + lower..<range.lowerBound + upper)
                position = start + upper
            }
            lastEnd = upper
        }
    }

    /// Where the pattern is first found.
    package func firstMatch(in text: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        guard let base = text.baseAddress, let region = onig_region_new() else { return nil }
        defer { onig_region_free(region, 1) }
        let end = base + text.count
        guard onig_search(regex, base, end, base, end, region, 0) >= 0 else { return nil }
        return Int(region.pointee.beg[0])..<Int(region.pointee.end[0])
    }
}
