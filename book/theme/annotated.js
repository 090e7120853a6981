// Annotated outputs: the explanation of a value appears beside it, where it is pointed at, focused or tapped. Without this
// script the value is a link to the same words in the list below. Escape closes. The arrow keys walk from value to value; Tab
// stops once in each output, which may have a hundred of them.
(() => {
    const FIELD = '.annotated .field';
    const note = document.createElement('div');
    note.className = 'annotation';
    note.id = 'annotation';
    note.setAttribute('role', 'tooltip');
    note.hidden = true;
    document.body.append(note);

    let shown = null;
    // Opened by a tap or a click: it stays until the next one.
    let pinned = false;
    let leaving = 0;

    const paragraph = (name, text) => {
        const p = document.createElement('p');
        p.className = name;
        p.textContent = text.replace(/\s+/g, ' ').trim();
        note.append(p);
    };

    // The words are those of the list: what it is, what is normal, what this value means, and what is noteworthy here.
    const fill = field => {
        note.replaceChildren();
        const target = document.getElementById(decodeURIComponent(field.hash.slice(1)));
        const entry = target?.closest('dl > div');
        if (!entry) {
            return false;
        }
        const of = field.dataset.of ? `, ${field.dataset.of}` : '';
        paragraph('annotation-of', `${entry.querySelector('dt').textContent}${of}: ${field.textContent.trim()}`);
        for (const dd of entry.querySelectorAll('dd:not(.value)')) {
            paragraph('', dd.textContent);
        }
        if (target !== entry) {
            for (const means of target.querySelectorAll('.means')) {
                paragraph('', means.textContent);
            }
        }
        for (const place of field.closest('.annotated').querySelectorAll('.annotated-place')) {
            if (place.hash === `#${field.id}`) {
                const li = place.closest('li').cloneNode(true);
                li.querySelectorAll('a').forEach(a => a.remove());
                paragraph('annotation-note', li.textContent);
            }
        }
        return true;
    };

    // Below the value, or above it where there is more room; never over the edge of the window.
    const place = () => {
        const at = shown.getBoundingClientRect();
        const { width, height } = note.getBoundingClientRect();
        const margin = 8;
        const below = at.bottom + margin + height <= innerHeight || at.top < innerHeight - at.bottom;
        const top = below ? at.bottom + margin : at.top - margin - height;
        const left = Math.min(at.left, document.documentElement.clientWidth - width - margin);
        note.style.top = `${Math.max(margin, Math.min(top, innerHeight - height - margin))}px`;
        note.style.left = `${Math.max(margin, left)}px`;
    };

    const hide = () => {
        clearTimeout(leaving);
        shown?.removeAttribute('aria-describedby');
        shown = null;
        pinned = false;
        note.hidden = true;
    };

    const show = field => {
        clearTimeout(leaving);
        if (field === shown) {
            return;
        }
        hide();
        if (fill(field)) {
            shown = field;
            field.setAttribute('aria-describedby', note.id);
            note.hidden = false;
            place();
        }
    };

    const fieldOf = event => (event.target instanceof Element ? event.target.closest(FIELD) : null);

    document.addEventListener('pointerover', event => {
        if (event.pointerType !== 'mouse' || pinned) {
            return;
        }
        const field = fieldOf(event);
        if (field) {
            show(field);
        } else if (note.contains(event.target)) {
            // The note itself can be pointed at, to read on or to select from it.
            clearTimeout(leaving);
        } else if (shown && shown !== document.activeElement) {
            clearTimeout(leaving);
            leaving = setTimeout(hide, 200);
        }
    });

    document.addEventListener('focusin', event => {
        const field = fieldOf(event);
        if (field) {
            show(field);
            rove(field);
        } else if (!pinned && !note.contains(event.target)) {
            hide();
        }
    });

    document.addEventListener('focusout', event => {
        if (event.target === shown && !pinned) {
            hide();
        }
    });

    document.addEventListener('click', event => {
        const field = fieldOf(event);
        if (field) {
            // A new tab, or a copy of the link, is still to be had.
            if (event.ctrlKey || event.metaKey || event.shiftKey) {
                return;
            }
            event.preventDefault();
            if (pinned && field === shown) {
                hide();
            } else {
                show(field);
                pinned = true;
            }
        } else if (!note.contains(event.target)) {
            hide();
        }
    });

    document.addEventListener('keydown', event => {
        if (event.key === 'Escape' && shown) {
            hide();
            event.stopPropagation();
            return;
        }
        const field = fieldOf(event);
        if (!field || event.altKey || event.ctrlKey || event.metaKey) {
            return;
        }
        const next = neighbour(field, event.key);
        if (next) {
            event.preventDefault();
            event.stopPropagation();
            pinned = false;
            next.focus();
        }
    }, true);

    // Left and right: the value before or after. Up and down: the nearest one in the lines above or below.
    const neighbour = (field, key) => {
        const fields = [...field.closest('pre').querySelectorAll('.field')];
        const at = fields.indexOf(field);
        if (key === 'ArrowRight' || key === 'ArrowLeft') {
            return fields[at + (key === 'ArrowRight' ? 1 : -1)];
        }
        if (key === 'Home' || key === 'End') {
            return fields.at(key === 'Home' ? 0 : -1);
        }
        if (key !== 'ArrowUp' && key !== 'ArrowDown') {
            return undefined;
        }
        const from = field.getBoundingClientRect();
        const center = from.left + from.width / 2;
        let best;
        let least = Infinity;
        for (const other of fields) {
            const box = other.getBoundingClientRect();
            const down = key === 'ArrowDown' ? box.top - from.top : from.top - box.top;
            const aside = Math.abs(box.left + box.width / 2 - center);
            // A line away weighs more than any distance within a line.
            const distance = down * 1000 + aside;
            if (down > from.height / 2 && distance < least) {
                [best, least] = [other, distance];
            }
        }
        return best;
    };

    // Of each output one value is reached with Tab: the first, or the one that was last looked at.
    const rove = field => {
        for (const other of field.closest('pre').querySelectorAll('.field[tabindex="0"]')) {
            other.tabIndex = -1;
        }
        field.tabIndex = 0;
    };

    const prepare = () => {
        for (const pre of document.querySelectorAll('.annotated > pre:not([data-prepared])')) {
            pre.dataset.prepared = '';
            // The first value takes the place of the table as what Tab reaches, and brings it into view.
            const fields = pre.querySelectorAll('.field');
            fields.forEach((field, at) => {
                field.tabIndex = at === 0 ? 0 : -1;
            });
            if (fields.length > 0) {
                pre.removeAttribute('tabindex');
                pre.parentElement.querySelector('.annotated-hint')?.removeAttribute('hidden');
            }
        }
    };
    prepare();
    // A served page puts the reader's own output in the place of the recorded one.
    new MutationObserver(prepare).observe(document.querySelector('main') ?? document.body, { childList: true, subtree: true });

    window.addEventListener('scroll', () => shown && place(), { capture: true, passive: true });
    window.addEventListener('resize', () => shown && place());
})();
