// A part of a page as HTML that the server makes: replaced as a whole, with the keyboard's place in it kept.
// Buttons with data-press, forms with data-live and dialogs with data-open tell the server what was chosen.
export default {
  template: `<div ref="at" @click="click" @change="change" @input="typed" @submit.prevent="submit"></div>`,
  props: { html: String },
  emits: ["press", "form"],
  mounted() { this.put(); },
  watch: { html() { this.put(); } },
  methods: {
    put() {
      const at = this.$refs.at, held = at.contains(document.activeElement) ? document.activeElement : null;
      if (at.querySelector("dialog[open]")) { this.late = true; return; } // nobody loses what is being written
      const place = held && (held.id ? `#${CSS.escape(held.id)}` : held.getAttribute("href") ? `[href="${CSS.escape(held.getAttribute("href"))}"]` : null);
      const open = [...at.querySelectorAll("details[open]")].map((each) => each.dataset.key).filter(Boolean);
      at.innerHTML = this.html;
      for (const key of open) at.querySelector(`details[data-key="${CSS.escape(key)}"]`)?.setAttribute("open", "");
      if (place) at.querySelector(place)?.focus({ preventScroll: true });
    },
    close(dialog) {
      dialog.close();
      if (this.late) { this.late = false; this.put(); }
    },
    click(event) {
      const on = event.target.closest("[data-press], [data-open], [data-shut]");
      if (!on) return;
      event.preventDefault();
      if (on.dataset.open) this.$refs.at.querySelector(`#${CSS.escape(on.dataset.open)}`)?.showModal();
      else if (on.dataset.shut !== undefined) this.close(on.closest("dialog"));
      else this.$emit("press", { ...on.dataset });
    },
    tell(form) {
      clearTimeout(this.soon);
      this.$emit("form", [...new FormData(form)].map(([name, value]) => [name, String(value)]));
    },
    change(event) {
      const form = event.target.closest('form[data-live="change"]');
      if (form) this.tell(form);
    },
    typed(event) {
      const form = event.target.closest('form[data-live="change"]');
      clearTimeout(this.soon);
      if (form && event.target.matches("input")) this.soon = setTimeout(() => this.tell(form), 400);
    },
    submit(event) {
      const form = event.target.closest("form[data-live]");
      if (!form) return void event.target.submit();
      this.tell(form);
      const dialog = form.closest("dialog");
      if (dialog) this.close(dialog);
    },
  },
};
