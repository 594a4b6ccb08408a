// The terminal as a line editor needs it: keys come one by one, and nothing is echoed.

internal import Foundation
internal import Synchronization

/// The terminal's mode, which is given back whatever ends the process.
enum TerminalMode {
    /// As it was before the first line was edited; written once, before anything reads it. (Within a `Mutex` its numbers are lost.)
    nonisolated(unsafe) private static let usual = UnsafeMutablePointer<termios>.allocate(capacity: 1)
    private static let isKnown = Atomic(false)
    private static let isEditing = Atomic(false)

    /// Begins to take keys one by one; false where the terminal cannot.
    static func edit() -> Bool {
        if !isKnown.load(ordering: .acquiring) {
            guard tcgetattr(STDIN_FILENO, usual) == 0 else { return false }
            isKnown.store(true, ordering: .releasing)
        }
        var mode = usual.pointee
        cfmakeraw(&mode)
        // Line breaks that are written go to the first column, as ever.
        mode.c_oflag |= tcflag_t(OPOST)
        guard tcsetattr(STDIN_FILENO, TCSADRAIN, &mode) == 0 else { return false }
        isEditing.store(true, ordering: .releasing)
        return true
    }

    /// Gives the terminal back as it was.
    static func restore() {
        guard isEditing.exchange(false, ordering: .acquiringAndReleasing) else { return }
        if tcsetattr(STDIN_FILENO, TCSADRAIN, usual) == 0 { StandardError.send(TerminalEditor.pasteOff) }
    }
}
