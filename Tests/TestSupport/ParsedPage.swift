// Pages, read as XML: they are to be well-formed whatever stands in them.

public import Foundation
public import FoundationXML

/// Why a page is not well-formed.
public struct MalformedPage: Error, CustomStringConvertible {
    public let description: String
}

/// What a parser of XML finds in a page.
public final class ParsedPage: NSObject, XMLParserDelegate {
    /// Of elements.
    public private(set) var names: Set<String> = []
    public private(set) var ids: [String] = []
    /// Where links and sources lead.
    public private(set) var links: [String] = []
    /// The attributes of each drawing.
    public private(set) var drawings: [[String: String]] = []
    /// Of each table, whether it has a caption.
    public private(set) var captions: [Bool] = []
    private var problem: String?

    /// - Throws: where the page is not well-formed.
    public init(_ page: String) throws {
        super.init()
        let parser = XMLParser(data: Data(page.utf8))
        parser.delegate = self
        let isParsed = parser.parse()
        guard isParsed, problem == nil else {
            throw MalformedPage(description: "line \(parser.lineNumber): \(problem ?? "")")
        }
    }

    public func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        names.insert(name)
        if let id = attributes["id"] { ids.append(id) }
        for key in ["href", "src"] { if let link = attributes[key] { links.append(link) } }
        if name == "table" { captions.append(false) }
        if name == "caption", !captions.isEmpty { captions[captions.count - 1] = true }
        if name == "svg" { drawings.append(attributes) }
    }

    public func parser(_ parser: XMLParser, parseErrorOccurred error: any Error) { problem = problem ?? "\(error)" }
}
