// What was freed and is still held: the C library keeps it for the next allocation.

internal import Foundation

/// Memory that nobody uses and that the process has not given back yet.
public enum FreedMemory {
    /// `malloc_trim`, which Swift's Glibc module does not show; nil with another C library.
    private static let trim: (@convention(c) (Int) -> Int32)? = dlsym(nil, "malloc_trim").map {
        unsafeBitCast($0, to: (@convention(c) (Int) -> Int32).self)
    }

    /// Gives it to the system: for the moment after something large that was made of many small pieces, such as parsed JSON.
    public static func giveBack() { _ = trim?(0) }
}
