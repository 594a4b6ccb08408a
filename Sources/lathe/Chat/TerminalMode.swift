// The terminal as a line editor needs it: keys come one by one, and nothing is echoed.

internal import Foundation
internal import Synchronization

/// The terminal's mode, which is given back whatever ends the process.
enum TerminalMode {
    private struct Modes {
        /// As it was before the first line was edited.
        var usual: termios?
        var isEditing = false
    }

    private static let modes = Mutex(Modes())

    /// Begins to take keys one by one; false where the terminal cannot.
    static func edit() -> Bool {
        modes.withLock { modes in
            if modes.usual == nil {
                var found = termios()
                guard tcgetattr(STDIN_FILENO, &found) == 0 else { return false }
                modes.usual = found
            }
            guard var mode = modes.usual else { return false }
            cfmakeraw(&mode)
            // Line breaks that are written go to the first column, as ever.
            mode.c_oflag |= tcflag_t(OPOST)
            guard tcsetattr(STDIN_FILENO, TCSADRAIN, &mode) == 0 else { return false }
            modes.isEditing = true
            return true
        }
    }

    /// Gives the terminal back as it was.
    static func restore() {
        let wasEditing = modes.withLock { modes in
            guard modes.isEditing, var usual = modes.usual else { return false }
            modes.isEditing = false
            return tcsetattr(STDIN_FILENO, TCSADRAIN, &usual) == 0
        }
        if wasEditing { StandardError.send(TerminalEditor.pasteOff) }
    }
}
