// Renames that keep what stands at the new name: `renameat2`, which Swift's Glibc module does not show.

internal import Foundation

/// Ways to rename that plain `rename` does not have.
enum Renaming {
    private typealias RenameAt2 =
        @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32

    /// 0, or `errno`.
    private static func rename(_ first: URL, _ second: URL, flags: UInt32) -> Int32 {
        guard let symbol = dlsym(nil, "renameat2") else { return ENOSYS }
        let call = unsafeBitCast(symbol, to: RenameAt2.self)
        return call(AT_FDCWD, first.path, AT_FDCWD, second.path, flags) == 0 ? 0 : errno
    }

    /// The two change names in one step. False where the file system cannot.
    static func exchange(_ first: URL, _ second: URL) -> Bool { rename(first, second, flags: 2) == 0 }

    /// Gives the file `first` the name `second`, which must be free: 0, or `errno`, `EEXIST` where it is not.
    static func intoFreePlace(_ first: URL, _ second: URL) -> Int32 {
        let code = rename(first, second, flags: 1)
        guard code == EINVAL || code == ENOSYS else { return code }
        // File systems that cannot: a second name, which is never put over another.
        guard link(first.path, second.path) == 0 else { return errno }
        unlink(first.path)
        return 0
    }
}
