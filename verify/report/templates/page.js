(() => {
  "use strict"
  const root = document.documentElement
  const one = (selector, within = document) => within.querySelector(selector)
  const all = (selector, within = document) => [...within.querySelectorAll(selector)]

  // light and dark
  const theme = one("#theme"), system = matchMedia("(prefers-color-scheme: dark)")
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches)
  const name = () => { theme.textContent = dark() ? "Light" : "Dark"; theme.setAttribute("aria-label", `Use the ${dark() ? "light" : "dark"} theme`) }
  theme.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark"
    try { localStorage.setItem("theme", root.dataset.theme) } catch {} // storage may be forbidden: the choice then lasts for this page
    name()
  })
  system.addEventListener("change", name)
  name()

  // search and filters
  const search = one("#search"), chapter = one("#chapter"), verdict = one("#verdict"), cards = all(".card")
  const rows = new Map(all("[data-claim]").map(row => [row.dataset.claim, row]))
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean)
    let shown = 0
    for (const card of cards) {
      const fits = (!chapter.value || card.dataset.chapter === chapter.value) && (!verdict.value || card.dataset.verdict === verdict.value)
        && words.every(word => card.dataset.text.includes(word))
      card.hidden = rows.get(card.id).hidden = !fits
      shown += fits
    }
    for (const group of all("[data-group]")) group.hidden = !one(".card:not([hidden]), [data-claim]:not([hidden])", group)
    one("#nothing").hidden = shown > 0
    one("#shown").textContent = shown === cards.length ? `${shown} claim${shown === 1 ? "" : "s"}` : `${shown} of ${cards.length} claims`
  }
  one("#tools").addEventListener("input", filter)
  one("#tools").addEventListener("submit", event => event.preventDefault())
  document.addEventListener("keydown", event => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !/INPUT|SELECT/.test(document.activeElement.tagName)) { event.preventDefault(); search.focus() }
    if (event.key === "Escape" && document.activeElement === search) { search.value = ""; filter() }
  })

  // a link to a claim that the filters hide shows it
  const arrive = () => {
    const card = document.getElementById(decodeURIComponent(location.hash.slice(1)))
    if (!card?.classList.contains("card")) return
    if (card.hidden) { search.value = chapter.value = verdict.value = ""; filter() }
    card.focus({ preventScroll: true })
    card.scrollIntoView()
  }
  addEventListener("hashchange", arrive)

  // folding
  const unfold = one("#unfold"), fold = open => { for (const part of all(".card details:not(.latex)")) part.open = open }
  unfold.addEventListener("click", () => {
    const open = unfold.textContent === "Unfold all"
    fold(open)
    unfold.textContent = open ? "Fold all" : "Unfold all"
  })
  addEventListener("beforeprint", () => fold(true))

  // what scrolls sideways can be reached with the keyboard; cards that are not drawn yet wait until they are
  const reach = ({ target }) => {
    if (!target.firstElementChild.checkVisibility({ contentVisibilityAuto: true })) return
    for (const box of all(".formula, .scroll, .part, pre", target)) box.scrollWidth > box.clientWidth ? box.tabIndex = 0 : box.removeAttribute("tabindex")
  }
  const sizes = new ResizeObserver(entries => entries.forEach(reach))
  for (const part of [...all("main > section:not([aria-labelledby=claims])"), ...cards]) {
    sizes.observe(part)
    part.addEventListener("contentvisibilityautostatechange", reach)
  }

  // LaTeX to copy
  for (const button of all(".copy")) button.addEventListener("click", async () => {
    const code = one("code", button.parentElement)
    getSelection().selectAllChildren(code)
    try { await navigator.clipboard.writeText(code.textContent); button.textContent = "Copied" }
    catch { button.textContent = document.execCommand("copy") ? "Copied" : "Selected" }
  })

  for (const part of [theme, one("#tools"), ...all(".copy")]) part.hidden = false
  arrive()
})()
