// What masking does not find: said wherever masking is reported, so that nobody takes "none found" for "none there".

/// The gaps of masking, in words.
public enum PersonalDataGaps {
    /// What no rule looks for, or finds only in part.
    public static let line =
        "not found: names without a title, role, label or a listed given name before them, Chinese names without a title or label, "
        + "towns without a street, days of nothing that happened to a person, faces, voices, fingerprints, other numbers without a word"

    /// The same for what is shown of rows: they are covered by these rules and no others.
    public static let shown =
        "Whatever quotes rows is shown without the personal data that masking finds. It does not find all: "
        + String(line.dropFirst("not found: ".count)) + "."
}
