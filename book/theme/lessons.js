// Whose machine the page shows, and what is known of it.
//
// Served by `lessons serve`, the page follows a machine over a stream of events. Opened from a folder or a website, it shows
// what the checks say on recordings, and the reader's marks are kept in this browser. The other scripts of the book look
// at `lessons.state`, and hear of every change of it by `lessons.listen`.
//
// The pages read the same without this script: it only adds.

'use strict';

window.lessons = (() => {
    /** The data that the book's build has put into the page. */
    function data(name) {
        return [...document.querySelectorAll(`script.${name}`)].map(block => JSON.parse(block.textContent));
    }

    const [book = { texts: {}, lessons: [] }] = data('lessons-book');
    // print.html has the findings of every chapter.
    const recorded = data('lessons-findings').reduce(
        (all, more) => ({ machines: more.machines, steps: { ...all.steps, ...more.steps } }),
        { machines: [], steps: {} },
    );
    const token = document.querySelector('meta[name="lessons-serve"]')?.content;
    const served = token !== undefined;

    /** A text of the page's language, with values in the places of their names. */
    function text(id, values = {}) {
        return (book.texts[`page-${id}`] ?? id).replace(/\{(\w+)\}/g, (name, key) => values[key] ?? name);
    }

    /** An element. `class`, `text` and handlers (`onclick`) are set as such, everything else as an attribute. */
    function element(tag, settings = {}, ...children) {
        const made = document.createElement(tag);
        for (const [name, value] of Object.entries(settings)) {
            if (name === 'text') {
                made.textContent = value;
            } else if (name === 'class') {
                made.className = value;
            } else if (name.startsWith('on')) {
                made.addEventListener(name.slice(2), value);
            } else if (value === true) {
                made.setAttribute(name, '');
            } else if (value !== false && value !== undefined) {
                made.setAttribute(name, value);
            }
        }
        made.append(...children);
        return made;
    }

    /** Does something once the page has been painted, so that the reader sees the text first. A hidden page is not painted. */
    function later(work) {
        if (document.hidden) work();
        else requestAnimationFrame(() => setTimeout(work));
    }

    /** What this browser keeps, if it keeps anything: the machine for this visit, everything else for the next ones too. */
    const kept = {
        works: true,
        memory: {},
        shelf: name => (name === 'machine' ? sessionStorage : localStorage),
        get(name) {
            try {
                return JSON.parse(this.shelf(name).getItem(`lessons-${name}`)) ?? this.memory[name];
            } catch {
                return this.memory[name];
            }
        },
        set(name, value) {
            this.memory[name] = value;
            try {
                this.shelf(name).setItem(`lessons-${name}`, JSON.stringify(value));
            } catch {
                this.works = false;
            }
        },
    };

    const state = {
        /** The shown machine's name; empty for the reader's own, or for the recorded examples. */
        machine: String(kept.get('machine') ?? ''),
        /** All that can be shown: name, title, and the lesson that a recording is about. */
        machines: recorded.machines,
        /** What the checks say, by step. */
        findings: new Map(),
        /** Whether that is a `live` machine or a `recording`; known once the server has said so. */
        kind: undefined,
        /** What the server calls it. */
        name: '',
        /** Why what is shown is not the newest, where the server says so. */
        problem: null,
        /** What is wrong with the file that progress is kept in. */
        notice: null,
        /** The machine that the server shows unless asked for another. */
        serving: undefined,
        /** Where the reader is with each step: `state` is `done`, `by-hand`, `skipped`, `regressed` or `open`. */
        progress: served ? {} : marks(),
        /** `recorded`, `connecting`, `live` or `lost`. */
        link: served ? 'connecting' : 'recorded',
        /** When the last news came. */
        seen: null,
    };

    const listeners = [];

    /** Calls back now, and on every change. */
    function listen(listener) {
        listeners.push(listener);
        listener();
    }

    function changed(change) {
        Object.assign(state, change);
        for (const listener of listeners) listener();
    }

    /** The marks that this browser keeps; a value that another program left there is none. */
    function marks() {
        const found = kept.get('marks');
        const known = found && typeof found === 'object' ? Object.entries(found) : [];
        const valid = known.filter(([, word]) => word === 'by-hand' || word === 'skipped');
        return Object.fromEntries(valid.map(([step, word]) => [step, { state: word }]));
    }

    /**
     * What is known of a step: its `finding`, its `state` in a word (an outcome, `marked`, `skipped`, `regressed`, or none), and
     * where the reader is with it (`reader`), if the machine is theirs.
     */
    function standing(step) {
        const finding = state.findings.get(step);
        const reader = own() ? state.progress[step]?.state : undefined;
        let word = finding?.outcome;
        if (word !== 'pass' && reader === 'by-hand') word = 'marked';
        if (word !== 'pass' && reader === 'skipped') word = 'skipped';
        if (word === 'fail' && reader === 'regressed') word = 'regressed';
        return { finding, state: word, reader };
    }

    /** Whether progress is kept of the shown machine: it is the reader's, and no recording. */
    function own() {
        return served ? state.kind === 'live' : state.machine === '';
    }

    /** How many of some steps are done, of those that apply. */
    function count(steps) {
        const words = steps.map(step => tick(step)).filter(word => word !== 'not-applicable');
        return { done: words.filter(word => word === 'done').length, total: words.length };
    }

    /** `done`, `not-applicable`, or nothing. Without a server the ticks are the reader's marks, whatever recording is shown. */
    function tick(step) {
        if (!served) return state.progress[step]?.state === 'by-hand' ? 'done' : undefined;
        const { finding, state: word, reader } = standing(step);
        if (word === 'pass' || word === 'marked') return 'done';
        // What has passed once stays done while nothing says that it fails.
        if (reader === 'done' && finding?.outcome !== 'fail') return 'done';
        return word === 'not-applicable' ? word : undefined;
    }

    /** Whether the reader leaves a step out. */
    function skipped(step) {
        return state.progress[step]?.state === 'skipped' && (own() || !served);
    }

    /** Shows another machine, on this page and on those that follow. */
    function choose(machine) {
        kept.set('machine', machine);
        if (served) {
            connect(machine);
        } else {
            changed({ machine, findings: findingsOn(machine) });
        }
    }

    /** What the checks of this page's steps say on a recording. */
    function findingsOn(machine) {
        const at = recorded.machines.findIndex(({ name }) => name === machine);
        const known = Object.entries(recorded.steps).filter(([, { on }]) => (on[at] ?? null) !== null);
        return new Map(known.map(([step, { findings, on }]) => [step, findings[on[at]]]));
    }

    // The server

    let stream = null;
    let retry = 0;
    let waiting;
    let leaving;

    /** Asks the server; an error says what it answered. */
    async function ask(method, path, body) {
        let answer;
        try {
            answer = await fetch(path, {
                method,
                headers: {
                    ...(method === 'GET' ? {} : { 'X-Lessons-Token': token }),
                    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
                },
                body: body === undefined ? undefined : JSON.stringify(body),
            });
        } catch {
            throw new Error(text('unreachable'));
        }
        const said = await answer.json().catch(() => null);
        if (!answer.ok) {
            const reason = [said?.error ?? `${answer.status} ${answer.statusText}`, said?.hint].filter(Boolean).join('; ');
            throw Object.assign(new Error(text('refused', { reason })), { status: answer.status });
        }
        return said;
    }

    /** The query that names the machine, where it is not the server's own. */
    function query(machine = state.machine) {
        return machine === '' ? '' : `?machine=${encodeURIComponent(machine)}`;
    }

    /** What the shown machine is called: the reader's own, or the name of a recording. */
    function machineTitle() {
        return own() ? text('on-own') : state.name || state.machine || text('on-own');
    }

    /** Follows a machine from now on. */
    function connect(machine = state.machine) {
        clearTimeout(waiting);
        stream?.close();
        const other = machine !== state.machine;
        changed({
            machine,
            link: state.seen && !other ? 'lost' : 'connecting',
            ...(other ? { kind: undefined, name: '', problem: null, findings: new Map(), seen: null } : {}),
        });
        const opened = new EventSource(`/api/events${query(machine)}`);
        stream = opened;
        const on = (name, use) => opened.addEventListener(name, event => {
            if (stream !== opened) return;
            retry = 0;
            const news = use(JSON.parse(event.data));
            // A problem is news, but nothing was seen.
            const seen = news.problem ? state.seen : new Date();
            changed({ ...news, link: state.seen || seen ? 'live' : 'connecting', seen });
        });
        if (state.serving === undefined) list();
        on('report', report => ({
            kind: report.machine.kind,
            name: report.machine.name,
            problem: null,
            findings: new Map(report.steps.map(step => [step.id, step])),
            progress: report.progress ?? state.progress,
        }));
        on('step', step => ({ findings: new Map(state.findings).set(step.id, step) }));
        on('problem', problem => ({ problem }));
        on('progress', ({ progress, notice }) => ({ progress, notice }));
        opened.onerror = () => {
            if (stream !== opened) return;
            opened.close();
            // The first try may come too early; the second says that nobody is there.
            changed({ link: state.seen || retry > 0 ? 'lost' : 'connecting' });
            waiting = setTimeout(reconnect, Math.min(8000, 500 * 2 ** retry));
            retry += 1;
        };
    }

    /** Asks which machines there are. */
    async function list() {
        const { machines, serving } = await ask('GET', '/api/machines').catch(() => state);
        changed({ machines, serving });
    }

    /** Connects again; a machine that the server no longer knows is given up for its own. */
    async function reconnect() {
        if (state.machine !== '') {
            try {
                await ask('GET', `/api/steps${query()}`);
            } catch (error) {
                if (error.status === 404) return choose('');
            }
        }
        return connect();
    }

    /** Checks a step now. */
    async function check(step) {
        const { machine } = state;
        const found = await ask('POST', `/api/steps/${encodeURIComponent(step)}/check${query()}`);
        // The reader may have gone on to another machine meanwhile.
        if (machine !== state.machine) return;
        changed({
            findings: new Map(state.findings).set(step, found),
            progress: found.progress ? { ...state.progress, [step]: found.progress } : state.progress,
            seen: new Date(),
        });
    }

    /** The step with its hints, as they are for what its check has found. */
    function details(step) {
        return ask('GET', `/api/steps/${encodeURIComponent(step)}${query()}`);
    }

    /** Marks a step by hand: `done`, `skip`, or `reset`. */
    async function mark(step, action) {
        if (served) {
            const { progress, notice } = await ask('POST', '/api/progress', { step, action });
            changed({ progress, notice });
            return;
        }
        const found = Object.fromEntries(Object.entries(marks()).map(([id, { state: word }]) => [id, word]));
        delete found[step];
        if (action !== 'reset') found[step] = action === 'skip' ? 'skipped' : 'by-hand';
        kept.set('marks', found);
        changed({ progress: marks() });
    }

    // Said to those who do not see the page change.
    const voice = element('p', { class: 'lessons-voice', role: 'status' });

    let saying = [];

    /** Says a sentence; of many at once only the first ones, since nobody listens to thirty. */
    function say(sentence) {
        if (saying.length === 0) {
            // What is said twice is said again only if it was gone in between.
            voice.textContent = '';
            setTimeout(() => {
                voice.textContent = saying.slice(0, 3).join(' ');
                saying = [];
            });
        }
        if (!saying.includes(sentence)) saying.push(sentence);
    }

    function start() {
        document.body.append(voice);
        if (!served) {
            if (!recorded.machines.some(({ name }) => name === state.machine)) state.machine = '';
            state.findings = findingsOn(state.machine);
            // A mark that was set in another tab.
            addEventListener('storage', () => changed({ progress: marks() }));
            return;
        }
        connect();
        // A machine that slept has missed what happened: its timers did not run.
        let last = Date.now();
        setInterval(() => {
            if (Date.now() - last > 20_000 && stream) connect();
            last = Date.now();
        }, 5000);
        addEventListener('online', () => connect());
        // A page that nobody looks at lets go: a browser has few connections to one server.
        document.addEventListener('visibilitychange', () => {
            clearTimeout(leaving);
            if (document.hidden) {
                leaving = setTimeout(() => {
                    clearTimeout(waiting);
                    stream?.close();
                    stream = null;
                    changed({ link: 'lost' });
                }, 60_000);
            } else if (!stream) {
                connect();
            }
        });
        // Back from the browser's store of pages, whose streams were cut.
        addEventListener('pageshow', event => event.persisted && connect());
    }
    start();

    return { book, recorded, served, state, kept, text, element, later, listen, standing, own, count, tick, skipped, choose, check, details, mark, ask, say, query, machineTitle };
})();
