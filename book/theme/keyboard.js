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
    const wide = document.querySelectorAll('main pre > code, main .table-wrapper, main .topology');
    const reach = () => {
        for (const element of wide) {
            if (element.scrollWidth > element.clientWidth) {
                element.tabIndex = 0;
            } else {
                element.removeAttribute('tabindex');
            }
        }
    };
    reach();
    window.addEventListener('resize', reach);
})();
