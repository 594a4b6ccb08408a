// What a generated text must look like, seen token by token.

/// A form that a generated text keeps to. One grammar serves any number of sequences, each with a state of its own.
public protocol TokenGrammar: Sendable {
    /// The state before the first token.
    func makeState() -> any TokenGrammarState
}

/// How far one sequence has come in its grammar. A value: a copy goes on independently.
///
/// From each state there is a way to a complete text; it is never a dead end.
public protocol TokenGrammarState: Sendable {
    /// Makes `mask` the set of tokens that may come next: those whose bytes go on with the text and, where it is complete, the tokens
    /// that end a generation. Special tokens are never in it otherwise. A mask of a model with more rows than its vocabulary has
    /// tokens has none of these rows.
    func allowed(_ mask: inout TokenMask)

    /// Goes on by `token`.
    ///
    /// - Returns: false where `token` may not come next; the state then is as it was.
    mutating func advance(_ token: Int32) -> Bool

    /// Whether the text so far is whole: a generation may end here.
    var isComplete: Bool { get }

    /// Whether the text is whole and nothing but the end can follow: a generation needs no further token.
    var isFinished: Bool { get }

    /// The fewest tokens known that make the text complete, without one that ends the generation; empty where it is complete.
    func shortestCompletion() -> [Int32]

    /// What to take where `token` was drawn and `left` tokens may still come, it included: `token` if the text can be complete
    /// afterwards within what is left, else the first token of the shortest completion; of a text that is complete, one that ends it. Asked before each `advance`, it lets a text be
    /// whole before its limit, if the limit had room for the shortest text at all.
    func affordable(_ token: Int32, left: Int) -> Int32
}

extension TokenGrammarState {
    /// For grammars that know no tokens that end a generation: a complete text stays open to `token`.
    public func affordable(_ token: Int32, left: Int) -> Int32 {
        var next = self
        if next.advance(token), next.isComplete || next.shortestCompletion().count < left { return token }
        return shortestCompletion().first ?? token
    }
}
