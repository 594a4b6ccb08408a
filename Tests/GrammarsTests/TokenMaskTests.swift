// Sets of tokens of vocabularies that are larger or smaller than the mask.

import Grammars
import Testing

@Suite struct TokenMaskTests {
    @Test(arguments: [1, 63, 64, 65, 130]) func otherVocabulariesAddWhatIsThere(count: Int) {
        var wide = TokenMask(count: 200), mask = TokenMask(count: count)
        for id in stride(from: Int32(0), to: 200, by: 3) { wide.insert(id) }
        mask.formUnion(wide)
        #expect(mask.tokens == Array(stride(from: Int32(0), to: Int32(count), by: 3)))
        mask.insert(Int32(count))
        mask.insert(-1)
        #expect(mask.population == (count + 2) / 3)
        wide.removeAll()
        wide.formUnion(mask)
        #expect(wide.tokens == mask.tokens)
    }
}
