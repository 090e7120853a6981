// How far the reader is: ticks in the contents, a bar at the head of a chapter, and on the first page the way back to where
// they left. The bar also says whose machine is shown, and whether what it shows is as it is now.

'use strict';

(() => {
    const { book, served, state, kept, text, element, later, listen, count, tick, skipped, standing, own, choose } = window.lessons;
    if (book.lessons.length === 0) return;

    /** The file name of an address: `driver.html`; a folder's is its first page. */
    const page = address => new URL(address, document.baseURI).pathname.split('/').pop() || 'index.html';

    const here = page(location.href);
    const lesson = book.lessons.find(lesson => lesson.page === here);
    const atStart = here === 'index.html' || here === 'introduction.html';
    const steps = book.lessons.flatMap(lesson => lesson.steps.map(step => ({ ...step, place: `${lesson.page}#${step.id}` })));
    const ids = of => of.map(({ id }) => id);

    /** The choice of the machine, and what there is to say of it. */
    function picker() {
        const select = element('select', { id: 'lessons-machine', onchange: () => choose(select.value) });
        const label = element('label', { for: select.id, text: text('machine') });
        let drawn;
        const draw = () => {
            if (drawn !== state.machines) {
                drawn = state.machines;
                const recordings = drawn.filter(({ name, kind }) => kind !== 'live' && name !== state.serving);
                const groups = book.lessons.map(({ id, title }) => group(title, recordings.filter(({ lesson }) => lesson === id)));
                const others = recordings.filter(({ lesson }) => !book.lessons.some(({ id }) => id === lesson));
                select.replaceChildren(...[...first(), ...others.map(option), ...groups].filter(Boolean));
            }
            // A machine that the list does not have is shown all the same.
            if (![...select.options].some(({ value }) => value === state.machine)) {
                select.append(element('option', { value: state.machine, text: state.machine }));
            }
            select.value = state.machine;
        };
        later(() => listen(draw));
        return element('div', { class: 'lessons-machine' }, label, select);
    }

    /** What is shown unless the reader chooses: the recorded examples, or the machine that is served; and the reader's own. */
    function first() {
        if (!served) return [element('option', { value: '', text: text('on-examples') })];
        const live = state.machines.find(({ kind }) => kind === 'live');
        const serving = state.machines.find(({ name }) => name === state.serving);
        if (!serving || serving === live) return [element('option', { value: '', text: live?.title ?? text('on-own') })];
        return [
            element('option', { value: '', text: serving.title || serving.name }),
            live && element('option', { value: live.name, text: live.title }),
        ];
    }

    const named = ({ name, title }) => (title ? `${name}: ${title}` : name);

    const option = ({ name, title }) => element('option', { value: name, text: named({ name, title }) });

    function group(label, machines) {
        return machines.length > 0 && element('optgroup', { label }, ...machines.map(option));
    }

    /** Whether the shown recording is the file that the server was given, which it reads again when it changes. */
    const followed = () => state.machine === '' && state.serving === 'served-recording';

    /** In a sentence, whether what is shown is as it is now. */
    function link() {
        const line = element('p', { class: 'lessons-link', role: 'status' });
        listen(() => {
            const time = state.seen?.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
            let words = '';
            if (!served) {
                words = own() ? '' : text('machine-why');
            } else if (state.problem) {
                words = text('problem', { reason: `${state.problem.error}; ${state.problem.hint}`, time: time ?? '…' });
            } else if (state.link === 'live') {
                words = text(own() ? 'live' : followed() ? 'recording-file' : 'recording');
            } else if (state.link === 'lost') {
                words = state.seen ? text('lost', { time }) : text('lost-never');
            } else {
                words = text('connecting');
            }
            if (state.notice) words = `${words} ${state.notice}`;
            if (!kept.works) words = `${words} ${text('not-kept')}`.trim();
            // The colour of a live machine is not for a recording that nobody writes.
            const still = state.link === 'live' && !own() && !followed();
            line.dataset.link = state.problem ? 'lost' : still ? 'recorded' : state.link;
            line.hidden = words === '';
            if (line.textContent !== words) line.textContent = words;
        });
        return line;
    }

    /** A bar over some steps. */
    function bar(of, message) {
        const words = element('span', { id: `lessons-${message}` });
        const bar = element('progress', { 'aria-labelledby': words.id });
        listen(() => {
            const { done, total } = count(ids(of));
            bar.max = Math.max(total, 1);
            bar.value = done;
            words.textContent = text(message, { done, total });
        });
        return element('div', { class: 'lessons-progress' }, bar, words);
    }

    // The head of a chapter, and of the book

    if (lesson) {
        const head = element('section', { class: 'lessons-head', 'aria-label': text('progress-label') });
        head.append(bar(lesson.steps, 'progress'), picker(), link());
        document.querySelector('main h1')?.after(head);
    } else if (atStart) {
        const head = element('section', { class: 'lessons-head', 'aria-label': text('progress-label') });
        head.append(bar(steps, 'progress-book'), resume());
        if (served) head.append(picker(), link());
        document.querySelector('main h1')?.after(head);
    }

    /** The way back to where the reader was, and on to the next step. */
    function resume() {
        const list = element('p', { class: 'lessons-resume' });
        listen(() => {
            const last = kept.get('last');
            const known = steps.find(({ place }) => place === last?.place)
                ?? book.lessons.map(({ page, title }) => ({ place: page, title })).find(({ place }) => place === last?.place);
            const next = nextStep();
            const parts = [];
            if (known) parts.push(element('a', { class: 'lessons-button', href: known.place, text: text('continue') }), element('span', { text: text('last', { title: known.title }) }));
            if (next && !known) parts.push(element('a', { class: 'lessons-button', href: next.place, text: text('start') }));
            if (known && next && next.place !== known.place) parts.push(element('a', { href: next.place, text: text('next', next) }));
            if (!next) parts.push(element('span', { text: text('all-done') }));
            list.replaceChildren(...parts);
        });
        return list;
    }

    /** The step to work on, as `lessons` picks it: required steps that fail, then those of which nothing is known, then the rest. */
    function nextStep() {
        const open = steps.filter(({ id }) => tick(id) === undefined && !skipped(id));
        if (!served) return open[0];
        const is = (word, required) => open.find(step => standing(step.id).finding?.outcome === word && step.required === required);
        return is('fail', true) ?? is('unknown', true) ?? is('fail', false) ?? (state.findings.size === 0 ? open[0] : undefined);
    }

    // Ticks in the contents. mdBook's own script draws the contents of the page when the document is read, before this.

    function ticks() {
        const places = new Map();
        for (const anchor of document.querySelectorAll('#mdbook-sidebar a[href]')) {
            const step = steps.find(({ id }) => anchor.getAttribute('href') === `#${id}-title`);
            const chapter = book.lessons.find(lesson => lesson.page === page(anchor.href) && !anchor.hash);
            const of = step ? [step] : chapter?.steps;
            if (!of) continue;
            const mark = element('span', { class: 'lessons-tick' });
            const words = element('span', { class: 'lessons-said' });
            anchor.append(mark, words);
            mark.setAttribute('aria-hidden', 'true');
            places.set(anchor, { of, mark, words, step: Boolean(step) });
        }
        listen(() => {
            for (const [anchor, { of, mark, words, step }] of places) {
                const { done, total } = count(ids(of));
                const all = total > 0 && done === total;
                anchor.classList.toggle('lessons-done', all);
                let shown = '';
                let said = '';
                if (all) shown = '✓';
                else if (!step && done > 0) shown = `${done}/${total}`;
                if (step && all) said = ` ${text('tick-step')}`;
                else if (!step && done > 0) said = ` ${text('tick-chapter', { done, total })}`;
                mark.textContent = shown;
                words.textContent = said;
            }
        });
    }
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', ticks);
    else ticks();

    // Where the reader is, for the next visit.

    if (lesson) {
        kept.set('last', { place: lesson.page });
        const watch = new IntersectionObserver(entries => {
            const seen = entries.find(({ isIntersecting }) => isIntersecting);
            if (seen) kept.set('last', { place: `${lesson.page}#${seen.target.id}` });
        }, { rootMargin: '-30% 0px -50% 0px' });
        for (const card of document.querySelectorAll('.step-card')) watch.observe(card);
    }
})();
