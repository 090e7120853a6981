# Texts of `lessons why`.

why-holds = ✗ HOLDS
why-cannot-tell = ? open
why-not-checked = ? not seen
why-ruled-out = - not here
why-by-words = By its words; if you meant something else, paste the whole sentence
why-place = { $count ->
    [one] Line { $line }: { $quote }
   *[other] { $count } times, first in line { $line }: { $quote }
}
why-read = Read: { $page }
why-none-holds = None of the known causes holds on this machine now. Either it has been repaired, or the text is from another machine, or the cause is a new one
why-first = Comes first here
why-machine = Told apart on { $machine }. "not here" is ruled out by facts; "open" could not be read, or waits for another step; "not seen" is nothing that a check could see
why-not-recognised = No symptom that this program knows is in the text
why-nearest = The nearest that it knows:
why-file = If you meant the file of that name: lessons why - < { $file }
why-what-to-do =
    What to do: run lessons check, and read the first step that fails. Paste the whole sentence, with the lines before it; the last lines of a log often only say that something went wrong above. All known symptoms are in the book: { $page }
