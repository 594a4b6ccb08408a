// Stable sorting with comparisons that may fail, as Python sorts.

enum Sorting {
    static func sorted<Element>(
        _ elements: [Element], descending: Bool = false, by key: (Element) throws(TemplateError) -> Value
    ) throws(TemplateError) -> [Element] {
        var keyed: [(key: Value, element: Element)] = []
        for element in elements { keyed.append((try key(element), element)) }
        var width = 1
        while width < keyed.count {
            var merged: [(key: Value, element: Element)] = []
            merged.reserveCapacity(keyed.count)
            var start = 0
            while start < keyed.count {
                let middle = min(start + width, keyed.count)
                let end = min(start + 2 * width, keyed.count)
                var left = start
                var right = middle
                while left < middle, right < end {
                    let rightFirst =
                        descending
                        ? try Value.isLess(keyed[left].key, keyed[right].key)
                        : try Value.isLess(keyed[right].key, keyed[left].key)
                    if rightFirst {
                        merged.append(keyed[right])
                        right += 1
                    } else {
                        merged.append(keyed[left])
                        left += 1
                    }
                }
                merged += keyed[left..<middle]
                merged += keyed[right..<end]
                start = end
            }
            keyed = merged
            width *= 2
        }
        return keyed.map(\.element)
    }
}
