// The cards of the steps: their state on the shown machine, what to do there, and the reader's own marks.

'use strict';

(() => {
    const { recorded, served, state, text, element, later, listen, standing, own, choose, check, details, mark, say } = window.lessons;

    /** The sign that stands before a state's words. */
    const SIGNS = { pass: '✓', marked: '✓', fail: '✗', regressed: '✗', blocked: '◌', unknown: '?', skipped: '–', 'not-applicable': '–' };

    /** A command with its button, as mdBook draws them. */
    function command({ run, sudo, note }) {
        const parts = [];
        if (run) {
            const code = element('code', { class: 'language-bash', text: run });
            window.hljs?.highlightBlock(code);
            const tip = element('i', { class: 'tooltiptext' });
            const rest = () => {
                tip.textContent = '';
                button.className = 'clip-button';
            };
            const button = element('button', {
                class: 'clip-button',
                type: 'button',
                title: text('copy'),
                'aria-label': text('copy'),
                onmouseout: rest,
                onblur: rest,
            }, tip);
            if (sudo) parts.push(element('p', { class: 'step-sudo', text: text('sudo') }));
            parts.push(element('pre', {}, element('div', { class: 'buttons' }, button), code));
        }
        if (note) parts.push(element('p', { class: 'step-note', text: note }));
        return parts;
    }

    /** Hints, each inside the one before. */
    function chain(hints, words) {
        return hints.reduceRight((inner, hint, at) => {
            const summary = element('summary', { text: words[at === 0 ? 0 : 1] });
            return element('details', { class: 'step-hint' }, summary, element('p', { text: hint }), ...(inner ? [inner] : []));
        }, null);
    }

    class Card {
        constructor(section) {
            this.section = section;
            this.id = section.id;
            this.title = section.querySelector('.step-title a').textContent;
            /** The recording that this card alone shows. */
            this.example = '';
            this.drawn = {};

            this.badge = element('span', { class: 'step-badge', hidden: true });
            section.querySelector('.step-title').append(this.badge);

            this.summary = element('p', { class: 'step-summary' });
            this.facts = element('dl');
            this.evidence = element('details', { class: 'step-evidence' }, element('summary', { text: text('evidence') }), this.facts);
            this.where = element('p', { class: 'step-where' });
            this.now = element('div', { class: 'step-now', hidden: true }, this.summary, this.where, this.evidence);
            section.querySelector('.step-facts').after(this.now);

            this.recordedDo = section.querySelector('.step-do');
            this.shownDo = this.recordedDo;
            this.fold();

            this.problem = element('p', { class: 'step-problem', role: 'alert', hidden: true });
            this.checkButton = this.button('check', () => check(this.id));
            this.markButton = this.button('mark', () => mark(this.id, standing(this.id).reader === 'by-hand' ? 'reset' : 'done'));
            this.skipButton = this.button('skip', () => mark(this.id, standing(this.id).reader === 'skipped' ? 'reset' : 'skip'));
            this.actions = element('div', { class: 'step-actions' }, this.checkButton, this.markButton, this.skipButton);
            if (!served) this.actions.append(this.picker());
            const undo = section.querySelector('.step-undo');
            section.insertBefore(this.actions, undo);
            section.insertBefore(this.problem, undo);

            this.hints = section.querySelector('.step-hint');
            this.hintWords = [...section.querySelectorAll('.step-hint > summary')].slice(0, 2).map(summary => summary.textContent);
            if (served && this.hints) this.hints.addEventListener('toggle', () => this.askHints());
        }

        /** Puts the recorded examples behind a line, since the reader's own machine goes first. */
        fold() {
            const examples = this.section.querySelector('.step-examples');
            if (!examples || !served) {
                this.examples = examples;
                return;
            }
            this.examples = element('details', { class: 'step-folded' }, element('summary', { text: text('examples') }));
            examples.replaceWith(this.examples);
            this.examples.append(examples);
        }

        button(name, act) {
            const button = element('button', { type: 'button', class: `step-button step-${name}`, text: text(name) });
            button.addEventListener('click', async () => {
                if (button.getAttribute('aria-busy') === 'true') return;
                button.setAttribute('aria-busy', 'true');
                this.problem.hidden = true;
                this.draw();
                try {
                    await act();
                    this.tell();
                } catch (error) {
                    this.problem.textContent = error.message;
                    this.problem.hidden = false;
                }
                button.removeAttribute('aria-busy');
                this.draw();
            });
            return button;
        }

        /** A choice among the recordings, one for each different thing that the check says, by its outcome. */
        picker() {
            const { findings = [], on = [] } = recorded.steps[this.id] ?? {};
            const groups = new Map();
            for (const [at, finding] of findings.entries()) {
                const machine = recorded.machines[on.indexOf(at)];
                const group = groups.get(finding.outcome) ?? element('optgroup', { label: text(`state-${finding.outcome}`) });
                groups.set(finding.outcome, group);
                group.append(element('option', { value: machine.name, text: `${machine.name}: ${machine.title}` }));
            }
            const select = element('select', {
                id: `${this.id}-example`,
                onchange: () => {
                    this.example = select.value;
                    this.draw();
                    this.tell();
                },
            }, element('option', { value: '', text: text('example-none') }), ...groups.values());
            this.select = select;
            const label = element('label', { for: select.id, text: text('example') });
            return element('div', { class: 'step-example-picker' }, label, select);
        }

        /** What is shown: the state of the step, the finding, and whose. */
        shown() {
            if (this.example) {
                const { findings, on } = recorded.steps[this.id];
                const finding = findings[on[recorded.machines.findIndex(({ name }) => name === this.example)]];
                return { finding, state: finding?.outcome, machine: this.example };
            }
            return { ...standing(this.id), machine: state.machine };
        }

        draw() {
            const { finding, state: word, reader, machine } = this.shown();
            const stale = served && (state.link !== 'live' || state.problem !== null);
            const { outcome, summary, evidence, fix } = finding ?? {};
            const said = JSON.stringify([outcome, summary, evidence, fix, word, machine]);
            if (said !== this.drawn.said) {
                const before = this.drawn;
                this.drawn = { said, word, machine };
                this.drawFinding(finding, word);
                // The first look is no change, and neither is another machine.
                if (word && before.word && before.machine === machine) this.tell();
            }
            this.section.classList.toggle('step-stale', stale && finding !== undefined);
            this.where.textContent = this.source(machine, stale);
            this.drawActions(word, reader);
        }

        /** Tells of the state: to the eye by a glow, and to those who do not see it. */
        tell() {
            const { finding, state: word } = this.shown();
            if (!word) return;
            say(text('changed', { title: this.title, reason: `${text(`state-${word}`)}. ${finding?.summary ?? ''}`.trim() }));
            this.section.classList.remove('step-changed');
            void this.section.offsetWidth;
            this.section.classList.add('step-changed');
        }

        drawFinding(finding, word) {
            this.badge.hidden = !word;
            this.now.hidden = !finding;
            if (word) {
                this.section.dataset.state = word;
                this.badge.replaceChildren(
                    element('span', { 'aria-hidden': 'true', text: `${SIGNS[word]} ` }),
                    element('span', { text: text(`state-${word}`) }),
                );
            } else {
                delete this.section.dataset.state;
            }
            if (!served && this.examples) this.examples.hidden = Boolean(finding);
            this.summary.textContent = finding?.summary ?? '';
            const evidence = finding?.evidence ?? [];
            this.evidence.hidden = evidence.length === 0;
            this.facts.replaceChildren(...evidence.flatMap(({ source, detail }) => [
                element('dt', {}, element('code', { text: source })),
                element('dd', {}, element('code', { dir: 'auto', text: detail })),
            ]));
            const fix = finding?.fix ?? [];
            // What helped on a recorded machine is no advice for one on which the step is done, or waits for another.
            let next = served && ['pass', 'blocked', 'not-applicable'].includes(finding?.outcome) ? null : this.recordedDo;
            if (fix.length > 0) {
                next = element('div', { class: 'step-do' }, element('p', { class: 'step-label', text: text('fix') }), ...fix.flatMap(command));
            }
            if (!this.shownDo && next) {
                this.section.querySelector('.step-why').after(next);
            } else if (this.shownDo && this.shownDo !== next) {
                if (next) this.shownDo.replaceWith(next);
                else this.shownDo.remove();
            }
            this.shownDo = next;
            this.hintsOf = undefined;
            if (served && this.hints?.open) this.askHints();
        }

        source(machine, stale) {
            const on = served && state.kind === 'recording' ? state.name : machine;
            if (!served) return text('said-on', { machine: on });
            const time = state.seen?.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' }) ?? '';
            return text(stale ? 'said-before' : 'said-on', { machine: own() ? text('on-own') : on, time });
        }

        drawActions(word, reader) {
            const mine = own() && !this.example;
            this.checkButton.hidden = !served;
            this.checkButton.textContent = text(this.checkButton.getAttribute('aria-busy') === 'true' ? 'checking' : 'check');
            // Where a check can see the step, its word counts; by hand goes only what none can see.
            const unseen = !served || word === 'unknown' || reader === 'by-hand';
            this.markButton.hidden = !mine || !unseen;
            this.markButton.textContent = text(reader === 'by-hand' ? 'unmark' : 'mark');
            this.skipButton.hidden = !mine || word === 'pass' || word === 'not-applicable' || reader === 'by-hand';
            this.skipButton.textContent = text(reader === 'skipped' ? 'unskip' : 'skip');
            if (this.select) this.select.value = this.example;
        }

        /** Asks the server for the hints that belong to what the check has found. */
        async askHints() {
            const of = this.drawn.said;
            if (!this.hints.open || this.hintsOf === of) return;
            this.hintsOf = of;
            const answer = await details(this.id).catch(() => null);
            const hints = answer?.hints;
            const shown = [...this.section.querySelectorAll('.step-hint > p')].map(hint => hint.textContent);
            if (!hints?.length || JSON.stringify(hints) === JSON.stringify(shown)) return;
            const next = chain(hints, this.hintWords);
            next.open = true;
            next.addEventListener('toggle', () => this.askHints());
            const focused = this.hints.contains(document.activeElement);
            this.hints.replaceWith(next);
            this.hints = next;
            if (focused) next.querySelector('summary').focus();
        }
    }

    // print.html is for paper.
    if (document.querySelectorAll('script.lessons-findings').length !== 1) return;
    const begin = () => {
        const cards = [...document.querySelectorAll('.step-card')].map(section => new Card(section));
        let shown = state.machine;
        listen(() => {
            // A choice for the whole page goes before that for one card.
            if (shown !== state.machine) {
                for (const card of cards) card.example = '';
                shown = state.machine;
            }
            for (const card of cards) card.draw();
        });
    };
    // A card that the reader was sent to does not move under their eyes.
    if (location.hash) begin();
    else later(begin);

    // Paper has nothing to click. The style sheet unfolds everything, where the browser lets it.
    const folded = new Set();
    addEventListener('beforeprint', () => {
        for (const part of document.querySelectorAll('.step-card details:not([open])')) {
            folded.add(part);
            part.open = true;
        }
    });
    addEventListener('afterprint', () => {
        for (const part of folded) part.open = false;
        folded.clear();
    });

    // mdBook says only to the eye that something was copied.
    document.addEventListener('click', event => {
        const button = event.target.closest?.('.clip-button');
        if (button) setTimeout(() => button.classList.contains('tooltipped') && say(text('copied')));
    });
})();
