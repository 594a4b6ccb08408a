// Captured distributions as an HDF5 file:
//
//     attributes of /          format, version, what the capture is of (`CaptureIdentity`), and its sizes: rows, rows_sha256,
//                              sequences, target_tokens, entries
//     /sequences/digest        int64: which sequence it is, the first eight bytes of the SHA-256 of its tokens (int32) and of its
//                              mask (a byte a token, 1: it carries loss), big end first
//     /sequences/targets       int64: where its targets begin, and the number of all targets at the end
//     /sequences/entries       int64: where its entries begin, and the number of all entries at the end
//     /targets/…               a number for each token that carries loss, in the sequences' order
//     /entries/…               a number for each token that is kept of a distribution, those of a target together
//
// By sampling: first, first_log_probability, log_sum_exp, kept of each target; ids and counts of its `kept` entries. With
// p₁ = exp(first_log_probability) the estimate is p₁ for `first`, and (1 − p₁) · count / Σ counts for each id; an id that is not there
// has 0. Of the k likeliest: log_sum_exp and rest_log_probability of each target; ids and log_probabilities of its k entries, the
// likeliest first. Where k is the whole vocabulary there are no ids and no rest: entry i of a target is token i.
//
// The same for people: docs/captures.md. 512 bytes before the HDF5 file hold a digest of all that follows; readers of HDF5 pass over them. Lists are in chunks, shuffled and
// deflated, each chunk with a checksum. Only what decides the numbers is in the file, so equal captures are equal bytes.

internal import HDF5Files

enum CaptureLayout {
    static let seal = FileSeal("LATHE CAPTURE", version: "1")
    static let format = "lathe capture"
    static let version = 1
    /// A capture of a few hundred rows is not to be half index.
    static let chunksInNode = 8
    static let groups = ["/sequences", "/targets", "/entries"]
    static let digests = "/sequences/digest"
    static let targets = "/sequences/targets"
    static let entries = "/sequences/entries"
}
