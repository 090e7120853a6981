// What a mouse reaches, a keyboard reaches too.

// mdBook's button for the contents is a <label>: the keyboard passes it by, and a label may not say that what it opens is open
// (rust-lang/mdBook#2345 and #2615). Until mdBook has a button there, this makes it one.
(() => {
    const toggle = document.getElementById('mdbook-sidebar-toggle');
    toggle.setAttribute('role', 'button');
    toggle.tabIndex = 0;
    toggle.addEventListener('keydown', event => {
        if (event.key === 'Enter' || event.key === ' ') {
            event.preventDefault();
            toggle.click();
        }
    });
})();

// A command or a table that is wider than the page scrolls by itself, and not every browser lets the keyboard do so.
(() => {
    const main = document.querySelector('main');
    const reach = () => {
        for (const element of main.querySelectorAll('pre > code, .table-wrapper, .topology')) {
            if (element.scrollWidth > element.clientWidth) {
                element.tabIndex = 0;
            } else {
                element.removeAttribute('tabindex');
            }
        }
    };
    let due = 0;
    const soon = () => {
        cancelAnimationFrame(due);
        due = requestAnimationFrame(reach);
    };
    reach();
    window.addEventListener('resize', soon);
    // What was folded has had no width, and the cards' scripts draw commands of their own.
    document.addEventListener('toggle', soon, true);
    new MutationObserver(soon).observe(main, { childList: true, subtree: true });
})();
