// The reader's own output: a box into which it is pasted, and what `lessons serve` says of it field by field.

'use strict';

(() => {
    const { served, text, element, ask, say } = window.lessons;

    /** The box, where the page has a place for it. */
    function box(place) {
        const hint = element('p', { id: 'lessons-paste-hint', class: 'step-note', text: text('read-hint') });
        const area = element('textarea', {
            id: 'lessons-paste',
            rows: '12',
            dir: 'ltr',
            spellcheck: 'false',
            autocomplete: 'off',
            'aria-describedby': hint.id,
        });
        const problem = element('p', { class: 'step-problem', role: 'alert', hidden: true });
        const answer = element('div', { class: 'lessons-answer' });
        const button = element('button', { type: 'submit', class: 'step-button', text: text('read-button') });
        const form = element(
            'form',
            { class: 'lessons-paste' },
            element('label', { for: area.id, text: text('read-label') }),
            area,
            hint,
            button,
            problem,
        );
        form.addEventListener('submit', async event => {
            event.preventDefault();
            problem.hidden = true;
            try {
                if (area.value.trim() === '') throw new Error(text('read-empty'));
                const said = await ask('POST', '/api/read', { text: area.value });
                // The server's own drawing, in which all that was pasted is escaped. A parsed document runs nothing.
                const drawn = new DOMParser().parseFromString(said.html, 'text/html');
                answer.replaceChildren(...drawn.body.childNodes);
                answer.tabIndex = -1;
                answer.focus();
                say(text('read-done'));
            } catch (error) {
                answer.replaceChildren();
                problem.textContent = error.message;
                problem.hidden = false;
                area.focus();
            }
        });
        place.replaceChildren(form, answer);
    }

    if (!served) return;
    for (const place of document.querySelectorAll('.lessons-read')) box(place);
})();
