// Shapes. Coordinates are written with one digit after the point, so that the same numbers give the same page everywhere.

/// Elements of drawings.
package enum SVG {
    package typealias Point = (x: Double, y: Double)

    /// A drawing that a screen reader tells by `name` and `description`; its shapes' own titles are for the pointer.
    package static func drawing(
        _ size: (width: Int, height: Int), _ name: String, description: String? = nil, _ shapes: [Markup]
    ) -> Markup {
        Markup(
            "svg",
            [
                "viewBox": "0 0 \(size.width) \(size.height)", "role": "img",
                "aria-label": description.map { "\(name): \($0)" } ?? name,
            ],
            children: [Markup("title", [:], name)] + (description.map { [Markup("desc", [:], $0)] } ?? []) + shapes)
    }

    package static func line(_ kind: String, _ from: Point, _ to: Point) -> Markup {
        Markup(
            "line", ["class": kind, "x1": number(from.x), "y1": number(from.y), "x2": number(to.x), "y2": number(to.y)])
    }

    /// Lines from point to point.
    package static func path(_ kind: String, _ points: [Point]) -> Markup {
        let steps = points.enumerated().map {
            ($0.offset == 0 ? "M" : "L") + "\(number($0.element.x)) \(number($0.element.y))"
        }
        return Markup("path", ["class": kind, "d": steps.joined(separator: " "), "fill": "none"])
    }

    package static func text(_ anchor: String, _ at: Point, _ text: String, _ kind: String? = nil) -> Markup {
        Markup("text", ["class": kind, "x": number(at.x), "y": number(at.y), "text-anchor": anchor], text)
    }

    /// A rectangle; the pointer tells its name.
    package static func bar(_ kind: String, _ at: Point, _ size: (width: Double, height: Double), _ name: String)
        -> Markup
    {
        Markup(
            "rect",
            [
                "class": kind, "x": number(at.x), "y": number(at.y), "width": number(size.width),
                "height": number(size.height),
            ], Markup("title", [:], name))
    }

    /// A dot.
    package static func dot(_ kind: String, _ at: Point, _ radius: Double) -> Markup {
        Markup("circle", ["class": kind, "cx": number(at.x), "cy": number(at.y), "r": number(radius)])
    }

    /// A small drawing beside its numbers: nothing to a screen reader.
    package static func sketch(_ kind: String, _ size: (width: Int, height: Int), _ shapes: [Markup]) -> Markup {
        Markup(
            "svg",
            [
                "class": kind, "viewBox": "0 0 \(size.width) \(size.height)", "aria-hidden": "true",
                "focusable": "false",
            ], children: shapes)
    }

    /// Parts of a whole as one bar as wide as the line. The numbers stand beside it, so it is nothing to a screen reader.
    package static func share(_ parts: [(kind: String, count: Int)], of whole: Int) -> Markup {
        var start = 0.0
        let shapes = parts.filter { $0.count != 0 }.map { part -> Markup in
            let width = whole > 0 ? 1000 * Double(part.count) / Double(whole) : 0
            defer { start += width }
            return Markup(
                "rect", ["class": part.kind, "x": number(start), "y": "0", "width": number(width), "height": "10"])
        }
        return Markup(
            "svg",
            [
                "class": "share", "viewBox": "0 0 1000 10",
                "preserveAspectRatio": "none", "aria-hidden": "true", "focusable": "false",
            ], children: shapes)
    }

    private static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        let text = "\(abs(tenths) / 10)" + (tenths % 10 == 0 ? "" : ".\(abs(tenths) % 10)")
        return tenths < 0 ? "-" + text : text
    }
}
