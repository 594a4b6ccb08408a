// The page.

extension DataReport {
    /// The report as one page that needs nothing else: no script, no font, no picture from elsewhere.
    ///
    /// - Parameter tokens: the texts of tokens; without it, no sequence is shown.
    public func html(tokens: TokenTexts?) -> String {
        Markup("html", ["lang": "en"], Markup("body", [:], name)).source
    }
}
