// Names of people: after titles, roles and labels, where people say who they are, and given names of the list before surnames.

/// A word of Latin letters in the folded text.
struct ScannedWord {
    var range: Range<Int>
    var isCapital: Bool
    var hash: UInt64
}

extension PersonalDataScanner {
    mutating func scanNames() {
        let words = words()
        guard !words.isEmpty else { return }
        // Parts of a name that stand for the person elsewhere in the text too.
        var parts = Set<UInt64>()
        var index = 0
        while index < words.count {
            guard let name = announcedName(words, index) ?? listedName(words, index) else {
                index += 1
                continue
            }
            let range = words[name.lowerBound].range.lowerBound..<words[name.upperBound - 1].range.upperBound
            if claim(.name, range) {
                let isTitled = index < name.lowerBound && isTitle(words, index)
                for word in words[name] where canRepeat(word, isTitled: isTitled) { parts.insert(word.hash) }
            }
            index = name.upperBound
        }
        claimRepetitions(of: parts, words)
    }

    /// The words of the text; an apostrophe or a dash within a word belongs to it, a possessive 's does not.
    private func words() -> [ScannedWord] {
        var words: [ScannedWord] = []
        var position = 0
        while position < text.count {
            guard isWordByte(position), !byte(position - 1).isDigit else {
                position += 1
                continue
            }
            let start = position
            while isWordByte(position) || (isJoint(position) && isWordByte(position + 1)) { position += 1 }
            var end = position
            if end - start > 2, text[end - 1] == UInt8(ascii: "s"), text[end - 2] == UInt8(ascii: "'") { end -= 2 }
            guard !byte(end).isDigit, byte(start - 1) != UInt8(ascii: "_") else { continue }
            words.append(
                ScannedWord(range: start..<end, isCapital: capitals[start], hash: NameLists.hash(text[start..<end])))
        }
        return words
    }

    /// A byte of a letter: ASCII, or of the Latin blocks with accents.
    private func isWordByte(_ position: Int) -> Bool {
        guard position < text.count else { return false }
        let byte = text[position]
        if byte.isLetter { return true }
        if byte < 0x80 { return false }
        if byte & 0xC0 == 0x80 {
            guard position > 0 else { return false }
            return (0xC3...0xC9).contains(text[position - 1])
                || (position > 1 && text[position - 2] == 0xE1 && (0xB8...0xBB).contains(text[position - 1]))
                || (text[position - 1] == 0xE1 && (0xB8...0xBB).contains(byte))
        }
        return (0xC3...0xC9).contains(byte)
            || (byte == 0xE1 && (0xB8...0xBB).contains(self.byte(position + 1)))
    }

    private func isJoint(_ position: Int) -> Bool {
        position < text.count && (text[position] == UInt8(ascii: "'") || text[position] == UInt8(ascii: "-"))
    }

    // MARK: Names after words that announce them

    /// The words of the name that the word at `index` announces: a title, a role, a label, or somebody saying who it is.
    private func announcedName(_ words: [ScannedWord], _ index: Int) -> Range<Int>? {
        let word = words[index]
        let next = index + 1
        guard next < words.count else { return nil }
        let gap = gap(words, index)
        if isTitle(words, index) {
            if let name = name(words, from: next) { return name }
            // Mr West and Dr May bear words that are no names elsewhere.
            if NameWords.smallTitles.contains(word.hash), words[next].isCapital,
                NameWords.seldomNames.contains(words[next].hash)
            {
                return next..<next + 1
            }
            if NameWords.smallTitles.contains(word.hash), isSmallName(words[next]) { return next..<next + 1 }
        }
        if NameWords.labels.contains(word.hash), let name = labelled(words, index, gap) { return name }
        if isBy(word), index > 0, NameWords.doneBy.contains(words[index - 1].hash), isSpace(gap) || isColon(gap) {
            return name(words, from: afterTitle(words, next)).map { withGivenBehind($0, words) }
        }
        if let name = introduced(words, index, gap) { return name }
        if NameWords.roles.contains(word.hash) { return roleName(words, index, gap) }
        return nil
    }

    /// Whether the word is a title before the next: "Dr. ", "Mrs "; not the end of a sentence, nor an abbreviation as "MS".
    private func isTitle(_ words: [ScannedWord], _ index: Int) -> Bool {
        let word = words[index]
        guard NameWords.titles.contains(word.hash) else { return false }
        let gap = gap(words, index)
        let isCut = word.range.count <= 3 || text[word.range].elementsEqual("prof".utf8)
        guard isSpace(gap) || (isCut && (gap.elementsEqual(". ".utf8) || gap.elementsEqual(".".utf8))) else {
            return false
        }
        return !isAllCapitals(word) || isAllCapitals(words[index + 1])
    }

    private func isAllCapitals(_ word: ScannedWord) -> Bool {
        word.range.count > 1 && word.range.allSatisfy { capitals[$0] || !text[$0].isLetter }
    }

    /// "Next of kin: Anna Wolf", "my name is tom baker".
    private func labelled(_ words: [ScannedWord], _ index: Int, _ gap: ArraySlice<UInt8>) -> Range<Int>? {
        var start = index + 1
        let saysIs = isSpace(gap) && ["is", "was"].contains { words[start].hash == NameLists.hash($0.utf8) }
        if saysIs {
            guard isSpace(self.gap(words, start)) || isColon(self.gap(words, start)) else { return nil }
            start += 1
        } else if !isColon(gap) {
            return nil
        }
        if index > 0, NameWords.namedThings.contains(words[index - 1].hash),
            words[index - 1].range.upperBound + 1 >= words[index].range.lowerBound
        {
            return nil
        }
        start = afterTitle(words, start)
        guard start < words.count else { return nil }
        if let name = name(words, from: start) { return withGivenBehind(name, words) }
        guard isSmallName(words[start]) else { return nil }
        var end = start + 1
        while end < words.count, end - start < 3, isSpace(self.gap(words, end - 1)), isSmallName(words[end]) {
            end += 1
        }
        return start..<end
    }

    /// A name of the lists that is written small, where a name is expected.
    private func isSmallName(_ word: ScannedWord) -> Bool {
        guard !NameWords.common.contains(word.hash) else { return false }
        return isGiven(word) || isSurname(word) || NameLists.doubtfulGiven.contains(word.hash)
            || NameLists.doubtfulSurnames.contains(word.hash)
    }

    /// "I am Tom", "this is Tom Baker", "Dear Anna", "Regards, Anna".
    private func introduced(_ words: [ScannedWord], _ index: Int, _ gap: ArraySlice<UInt8>) -> Range<Int>? {
        let start = index + 1
        let isGreeting = Self.greetings.contains(words[index].hash) && (isSpace(gap) || gap.elementsEqual(", ".utf8))
        let isClosing = Self.closings.contains(words[index].hash) && isLine(gap)
        let isVerb =
            index > 0 && isSpace(gap)
            && Self.introductions.contains { $0 == words[index - 1].hash && $1 == words[index].hash }
        let isShort = words[index].hash == Self.iAm && isSpace(gap)
        guard isGreeting || isClosing || isVerb || isShort else { return nil }
        let first = afterTitle(words, start)
        guard first < words.count, words[first].isCapital || isVerb || isShort,
            NameLists.given.contains(words[first].hash)
                || (words[first].isCapital && NameLists.doubtfulGiven.contains(words[first].hash))
        else { return nil }
        return name(words, from: first) ?? (words[first].isCapital ? nil : first..<first + 1)
    }

    /// "Wolf, Anna" where a name is expected.
    private func withGivenBehind(_ name: Range<Int>, _ words: [ScannedWord]) -> Range<Int> {
        guard name.count == 1, name.upperBound < words.count, gap(words, name.lowerBound).elementsEqual(", ".utf8),
            words[name.upperBound].isCapital, isGiven(words[name.upperBound])
        else { return name }
        return name.lowerBound..<name.upperBound + 1
    }

    private static let greetings = NameLists.words("dear hi hello hey")
    private static let closings = NameLists.words(
        "regards sincerely cheers thanks wishes yours love best truly faithfully you")
    private static let iAm = NameLists.hash("i'm".utf8)
    private static let introductions: [(UInt64, UInt64)] = [
        ("i", "am"), ("this", "is"), ("call", "me"), ("name's", "is"), ("it", "is"),
    ]
    .map { (NameLists.hash($0.0.utf8), NameLists.hash($0.1.utf8)) }

    /// "my wife Karen", "patient John Smith", "a friend called Robin".
    private func roleName(_ words: [ScannedWord], _ index: Int, _ gap: ArraySlice<UInt8>) -> Range<Int>? {
        var start = index + 1
        let isNamed = isSpace(gap) && Self.named.contains(words[start].hash)
        if isNamed {
            guard start + 1 < words.count, isSpace(self.gap(words, start)) else { return nil }
            start += 1
        } else if !isSpace(gap), !isColon(gap), !gap.elementsEqual(", ".utf8) {
            return nil
        }
        start = afterTitle(words, start)
        guard let name = name(words, from: start) else { return nil }
        let first = words[name.lowerBound]
        // "Agent Orange": a surname that is a word needs a given name.
        let isListed =
            isGiven(first) || NameLists.surnames.contains(first.hash)
            || (name.count > 1 && isSurname(words[name.upperBound - 1]))
        return isNamed || isListed ? withGivenBehind(name, words) : nil
    }

    private static let named = NameLists.words("named called")

    // MARK: Names of the list

    /// "Anna Wolf", "J. Whitfield", "Whitfield, Anna".
    private func listedName(_ words: [ScannedWord], _ index: Int) -> Range<Int>? {
        let word = words[index]
        guard word.isCapital, index + 1 < words.count, byte(word.range.lowerBound - 1) != UInt8(ascii: "-"),
            index == 0 || !NameWords.saints.contains(words[index - 1].hash) || gap(words, index - 1).count > 2
        else { return nil }
        if isInitial(word), let name = initialName(words, index) { return name }
        let isPlain = NameLists.given.contains(word.hash)
        let isDoubtful = NameLists.doubtfulGiven.contains(word.hash)
        if isPlain || isDoubtful, let name = name(words, from: index), name.count > 1 {
            let last = words[name.upperBound - 1]
            if isPlain || NameLists.surnames.contains(last.hash) { return name }
        }
        // Whitfield, Anna
        guard isSurname(word), gap(words, index).elementsEqual(", ".utf8), words[index + 1].isCapital,
            NameLists.given.contains(words[index + 1].hash),
            NameLists.surnames.contains(word.hash) && !NameLists.given.contains(word.hash)
        else { return nil }
        return index..<index + 2
    }

    private func initialName(_ words: [ScannedWord], _ index: Int) -> Range<Int>? {
        var end = index
        while end < words.count, isInitial(words[end]), end - index < 3,
            self.gap(words, end).first == UInt8(ascii: "."),
            self.gap(words, end).count <= 2
        {
            end += 1
        }
        guard end > index, end < words.count, words[end].isCapital, NameLists.surnames.contains(words[end].hash),
            !isFollowedByThing(words, end + 1)
        else { return nil }
        return index..<end + 1
    }

    private func isInitial(_ word: ScannedWord) -> Bool { word.isCapital && word.range.count == 1 }

    private func isGiven(_ word: ScannedWord) -> Bool { isListed(word, NameLists.given, NameLists.doubtfulGiven) }

    private func isSurname(_ word: ScannedWord) -> Bool {
        isListed(word, NameLists.surnames, NameLists.doubtfulSurnames)
    }

    /// Whether the word, or a part of "Smith-Jones", stands in a list; in the doubtful one with a capital only.
    private func isListed(_ word: ScannedWord, _ plain: Set<UInt64>, _ doubtful: Set<UInt64>) -> Bool {
        func isListed(_ hash: UInt64) -> Bool { plain.contains(hash) || (word.isCapital && doubtful.contains(hash)) }
        if isListed(word.hash) { return true }
        let parts = text[word.range].split(separator: UInt8(ascii: "-"))
        return parts.count > 1 && parts.contains { isListed(NameLists.hash($0)) }
    }

    // MARK: The extent of a name

    /// The words with capitals from `start` on that can be one name: four at most, initials and particles among them.
    private func name(_ words: [ScannedWord], from start: Int) -> Range<Int>? {
        guard start < words.count, canBeName(words[start]) else { return nil }
        var end = start + 1
        while end < words.count, end - start < 5 {
            let gap = gap(words, end - 1)
            let isAfterInitial =
                gap.elementsEqual(". ".utf8) && words[end - 1].range.count <= 2 && words[end - 1].isCapital
            guard isAfterInitial || (isSpace(gap) && gap.count == 1) else { break }
            if canBeName(words[end]) || isInitialWithin(words, end) || isSeldomSurname(words, end) {
                end += 1
            } else if !words[end].isCapital, NameWords.particles.contains(words[end].hash),
                let last = particlesEnd(words, end)
            {
                end = last
            } else {
                break
            }
        }
        // An initial alone is no name.
        guard end - start > 1 || words[start].range.count > 1, !isFollowedByThing(words, end) else { return nil }
        return start..<end
    }

    private func canBeName(_ word: ScannedWord) -> Bool {
        word.isCapital && !NameWords.common.contains(word.hash) && !NameWords.notPeople.contains(word.hash)
    }

    /// The "A." of "Kelly A. Booker", though "a" is a word.
    private func isInitialWithin(_ words: [ScannedWord], _ index: Int) -> Bool {
        isInitial(words[index]) && gap(words, index).elementsEqual(". ".utf8)
    }

    /// The "Ward" of "Ruth Ward".
    private func isSeldomSurname(_ words: [ScannedWord], _ index: Int) -> Bool {
        words[index].isCapital && NameWords.seldomNames.contains(words[index].hash) && isGiven(words[index - 1])
    }

    /// After particles and the word with a capital that must follow them.
    private func particlesEnd(_ words: [ScannedWord], _ start: Int) -> Int? {
        var end = start
        while end < words.count, NameWords.particles.contains(words[end].hash), !words[end].isCapital,
            isSpace(gap(words, end))
        { end += 1 }
        return end < words.count && canBeName(words[end]) ? end + 1 : nil
    }

    private func isFollowedByThing(_ words: [ScannedWord], _ index: Int) -> Bool {
        guard index > 0, index < words.count else { return false }
        let between = text[words[index - 1].range.upperBound..<words[index].range.lowerBound]
        return (isSpace(between) || between.elementsEqual("'s ".utf8))
            && NameWords.notPeople.contains(words[index].hash)
    }

    /// Past titles: "Dr. ", "Mrs ".
    private func afterTitle(_ words: [ScannedWord], _ start: Int) -> Int {
        var start = start
        while start + 1 < words.count, isTitle(words, start) { start += 1 }
        return start
    }

    // MARK: What stands between

    /// What stands between the word at `index` and the next; empty after the last.
    private func gap(_ words: [ScannedWord], _ index: Int) -> ArraySlice<UInt8> {
        index + 1 < words.count ? text[words[index].range.upperBound..<words[index + 1].range.lowerBound] : []
    }

    private func isSpace(_ gap: ArraySlice<UInt8>) -> Bool {
        (1...2).contains(gap.count) && gap.allSatisfy { $0 == 0x20 }
    }

    private func isColon(_ gap: ArraySlice<UInt8>) -> Bool {
        gap.count <= 6 && gap.contains { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "=") }
            && gap.allSatisfy { " :=\"'\t*".utf8.contains($0) }
    }

    /// A comma, a line's end or both.
    private func isLine(_ gap: ArraySlice<UInt8>) -> Bool {
        !gap.isEmpty && gap.count <= 4 && gap.allSatisfy { ", \n\r-.!".utf8.contains($0) } && !isSpace(gap)
    }

    private func isBy(_ word: ScannedWord) -> Bool { text[word.range].elementsEqual("by".utf8) }

    // MARK: The same names again

    /// Whether a word of a name stands for the person elsewhere: one of the lists, or any after a title.
    private func canRepeat(_ word: ScannedWord, isTitled: Bool) -> Bool {
        guard word.isCapital, word.range.count > 2, !isAllCapitals(word) else { return false }
        if NameLists.doubtfulGiven.contains(word.hash) || NameLists.doubtfulSurnames.contains(word.hash) {
            return false
        }
        return isTitled || NameLists.given.contains(word.hash) || NameLists.surnames.contains(word.hash)
    }

    private mutating func claimRepetitions(of parts: Set<UInt64>, _ words: [ScannedWord]) {
        guard !parts.isEmpty else { return }
        for (index, word) in words.enumerated()
        where word.isCapital && parts.contains(word.hash) && !isFollowedByThing(words, index + 1) {
            claim(.name, word.range)
        }
    }
}
