// The recorded outputs of a chapter, and in their place, when served, those of the reader's own machine or of the one that
// is chosen: a button swaps them, and swaps them back.

'use strict';

(() => {
    const { served, state, text, element, listen, own, query, ask, say, machineTitle } = window.lessons;

    /** The server's drawing. All that a machine said is escaped in it, and a parsed document runs nothing. */
    const parsed = html => [...new DOMParser().parseFromString(html, 'text/html').body.childNodes];

    class Swap {
        constructor(figure) {
            this.figure = figure;
            this.kind = figure.querySelector('.annotated').dataset.kind;
            /** What stands in the book: to be put back. */
            this.recorded = [...figure.childNodes];
            // The matrix of a topology has its picture after it.
            const next = figure.nextElementSibling;
            this.picture = next?.matches('figure.topology') ? next : null;
            this.pictured = this.picture && [...this.picture.childNodes];
            this.swapped = false;
            this.asked = 0;
            this.note = element('p', { class: 'step-note', role: 'status', hidden: true });
            this.button = element('button', { type: 'button', class: 'step-button', onclick: () => this.press() });
            this.bar = element('div', { class: 'lessons-swap' }, this.button, this.note);
            figure.before(this.bar);
            this.label();
        }

        label() {
            this.button.textContent = this.swapped ? text('swap-back') : text('swap', { machine: machineTitle() });
        }

        async press() {
            if (this.swapped) {
                this.restore();
                this.tell('');
                say(text('swapped-back'));
            } else {
                await this.show();
            }
        }

        restore() {
            this.asked += 1;
            this.swapped = false;
            this.figure.replaceChildren(...this.recorded);
            this.picture?.replaceChildren(...this.pictured);
            this.label();
        }

        tell(words) {
            this.note.textContent = words;
            this.note.hidden = words === '';
        }

        /** Asks for the machine's own, and shows it, or why there is none. */
        async show() {
            this.asked += 1;
            const number = this.asked;
            this.button.setAttribute('aria-busy', 'true');
            const machine = machineTitle();
            let words = '';
            try {
                const { command, html, picture, drawn, why } = await ask('GET', `/api/outputs/${this.kind}${query()}`);
                // The reader may have chosen another machine meanwhile.
                if (number !== this.asked) return;
                if (html === null) {
                    this.restore();
                    words = text('swap-none', { machine, reason: why });
                } else {
                    const caption = command && element('figcaption', {}, element('code', { text: command }), ` ${text('swapped-from', { machine })}`);
                    this.figure.replaceChildren(...[caption].filter(Boolean), ...parsed(html));
                    if (this.picture) this.picture.replaceChildren(...(picture ? parsed(picture) : []));
                    this.swapped = true;
                    words = `${text('swapped', { machine })} ${drawn ?? ''}`.trim();
                }
            } catch (error) {
                if (number === this.asked) words = error.message;
            } finally {
                this.button.removeAttribute('aria-busy');
            }
            this.label();
            this.tell(words);
        }
    }

    if (!served) return;
    const figures = [...document.querySelectorAll('figure.recorded')].filter(figure => figure.querySelector('.annotated'));
    const swaps = figures.map(figure => new Swap(figure));
    let shown = '';
    listen(() => {
        // Until the server has said which machine it is, there is nothing to ask of it: its answer to that would come as a second
        // change, and wipe what was said of the first.
        if (state.kind === undefined) return;
        const now = `${state.machine} ${state.name} ${own()}`;
        if (now === shown) return;
        shown = now;
        for (const swap of swaps) {
            // What was shown of another machine, or said of it, does not hold for this one.
            if (swap.swapped) swap.show();
            else swap.tell('');
            swap.label();
        }
    });
})();
