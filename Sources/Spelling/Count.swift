// Numbers of things in words.

/// How many of something there are.
public enum Count {
    /// "1 step", "2 steps".
    public static func text(_ count: Int, _ thing: String, plural: String? = nil) -> String {
        "\(count) \(noun(count, thing, plural: plural))"
    }

    /// "step" or "steps".
    public static func noun(_ count: Int, _ thing: String, plural: String? = nil) -> String {
        count == 1 ? thing : plural ?? thing + "s"
    }
}
