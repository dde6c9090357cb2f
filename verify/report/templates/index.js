
// search and filters; they are kept in the address, as in #q=sigma_w&verdict=refuted
{
  const search = one("#search"), chapter = one("#chapter"), verdict = one("#verdict"), rows = all("[data-claim]")
  const fields = { q: search, chapter, verdict }
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean)
    let shown = 0
    for (const row of rows) {
      const fits = (!chapter.value || row.dataset.chapter === chapter.value) && (!verdict.value || row.dataset.verdict === verdict.value)
        && words.every(word => row.dataset.text.includes(word))
      row.hidden = !fits
      const card = document.getElementById(row.dataset.claim)
      if (card !== row) card.hidden = !fits
      shown += fits
    }
    for (const group of all("[data-group]")) group.hidden = !one(".card:not([hidden]), [data-claim]:not([hidden])", group)
    one("#nothing").hidden = shown > 0 || !rows.length
    one("#shown").textContent = shown === rows.length ? `${shown} claim${shown === 1 ? "" : "s"}` : `${shown} of ${rows.length} claims`
  }
  const keep = () => {
    const set = Object.entries(fields).filter(([, field]) => field.value.trim()).map(([key, field]) => [key, field.value.trim()])
    const address = set.length ? `#${new URLSearchParams(set)}` : location.hash.includes("=") ? "#" : location.hash
    try { if (address !== location.hash) history.replaceState(null, "", address || location.pathname) } catch {} // not from every place
  }
  const clear = () => { for (const field of Object.values(fields)) field.value = ""; filter(); keep() }
  const restore = () => {
    const set = location.hash.includes("=") ? new URLSearchParams(location.hash.slice(1)) : null
    if (!set) return
    for (const [key, field] of Object.entries(fields)) {
      field.value = set.get(key) ?? ""
      if (field.value !== (set.get(key) ?? "")) field.value = "" // a chapter that this run has not
    }
    filter()
  }
  page.unfiltered = () => location.hash.includes("=")
  page.reveal = target => { if (target.closest("[hidden]")) { for (const field of Object.values(fields)) field.value = ""; filter() } }
  one("#tools").addEventListener("input", () => { filter(); keep() })
  one("#tools").addEventListener("submit", event => event.preventDefault())
  one("#reset").addEventListener("click", () => { clear(); search.focus() })
  document.addEventListener("keydown", event => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !/INPUT|SELECT/.test(document.activeElement.tagName)) { event.preventDefault(); search.focus() }
    if (event.key === "Escape" && document.activeElement === search) { search.value = ""; filter(); keep() }
  })
  addEventListener("hashchange", restore)
  one("#tools").hidden = false
  restore()
  if ([search, chapter, verdict].some(field => field.value)) filter() // what the browser filled in again

  const unfold = one("#unfold")
  unfold?.addEventListener("click", () => {
    const open = unfold.textContent === "Unfold all"
    fold(open)
    unfold.textContent = open ? "Fold all" : "Unfold all"
  })
}
