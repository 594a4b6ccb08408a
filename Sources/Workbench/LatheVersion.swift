// The version of Lathe, said once.

/// Which Lathe this is.
public enum LatheVersion {
    /// As `lathe --version` prints it.
    public static let text = "0.1.0"
}
