"""The pages of signing in, as text."""

from html import escape
from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1a2433; --line: #5a6675; --mark: #1d4ed8; --warn: #9f1239; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #10161f; --ink: #e8edf4; --line: #97a3b4; --mark: #93b4ff; --warn: #ff9db0; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
main { width: min(24rem, 92vw); padding: 2rem 0; }
h1 { font-size: 1.4rem; margin: 0 0 .25rem; }
p { margin: 0 0 1rem; }
label { display: block; margin: .9rem 0 .25rem; font-weight: 600; }
input, select, textarea { width: 100%; padding: .6rem .7rem; font: inherit; color: inherit; background: transparent;
  border: 1px solid var(--line); border-radius: .4rem; }
button { width: 100%; margin-top: 1.4rem; padding: .7rem; font: inherit; font-weight: 600; color: var(--paper);
  background: var(--mark); border: 0; border-radius: .4rem; cursor: pointer; }
:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
.refusal { color: var(--warn); font-weight: 600; }
"""


def sign_in(next_path: str, sentence: str | None = None) -> str:
    """The form that asks for agency, name and password."""
    return a_page(
        "Sign in",
        "Alerts of your agency, and what became of them.",
        sentence,
        '<form method="post" action="/sign-in">'
        + _field("agency", "Agency", "organization", "autofocus autocapitalize=characters placeholder=CTD-KP")
        + _field("name", "Name", "username", "autocapitalize=none")
        + _field("password", "Password", "current-password", "type=password")
        + f'<input type="hidden" name="next" value="{escape(next_path)}">'
        + '<button type="submit">Sign in</button></form>',
    )


def password(csrf: str, *, first: bool, sentence: str | None = None) -> str:
    """The form that asks for the old password and, twice, for the new one."""
    old = "One-time password" if first else "Old password"
    return a_page(
        "Choose a password",
        "Twelve characters or more: several words that nobody would guess.",
        sentence,
        '<form method="post" action="/password">'
        + _field("old", old, "current-password", "type=password autofocus")
        + _field("new", "New password", "new-password", "type=password minlength=12 maxlength=200")
        + _field("again", "New password again", "new-password", "type=password minlength=12 maxlength=200")
        + f'<input type="hidden" name="csrf" value="{escape(csrf)}">'
        + '<button type="submit">Change</button></form>',
    )


def a_page(title: str, said: str, sentence: str | None, form: str) -> str:
    """A page in this style; a sentence is a refusal."""
    refusal = f'<p class="refusal" role="alert">{escape(sentence)}</p>' if sentence else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title} · fusionbus</title><link rel="stylesheet" href="/sign-in.css"></head>'
        f"<body><main><h1>{title}</h1><p>{said}</p>{refusal}{form}</main></body></html>"
    )


def _field(name: str, label: str, autocomplete: str, more: str) -> str:
    return (
        f'<label for="{name}">{label}</label>'
        f'<input id="{name}" name="{name}" required autocomplete="{autocomplete}" {more}>'
    )
