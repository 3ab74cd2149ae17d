// Keyboard: every command has a key, and ? lists them.

/** Binds commands, [keys, description, function], and appends them to list. Two spaces separate the keys of a command. */
export function bind(commands, list) {
  const by = new Map()
  for (const [keys, , run] of commands) for (const key of keys.split('  ')) by.set(key, run)
  for (const [keys, what] of commands) {
    if (!what) continue
    const row = document.createElement('div'), kbd = document.createElement('kbd'), text = document.createElement('span')
    kbd.textContent = keys.replaceAll('  ', ', ')
    text.textContent = what
    row.append(kbd, text)
    list.append(row)
  }
  window.addEventListener('keydown', e => {
    const typing = e.target.matches?.('input:not([type=checkbox]):not([type=range]), select, textarea') || document.querySelector('dialog[open]')
    if (typing) { if (e.key === 'Escape' || e.key === 'Enter') e.target.blur?.(); return }
    const pressed = e.target.matches?.('button, summary, a') && (e.key === 'Enter' || e.key === ' ')
    const typed = e.getModifierState('AltGraph') // some keyboards need AltGr for [ and ], and report it as Ctrl and Alt
    const control = (e.ctrlKey || e.metaKey) && !typed
    const name = (control ? 'Ctrl+' : '') + (e.shiftKey && (e.key.length > 1 || control) ? 'Shift+' : '') +
      ({ ' ': 'Space', ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc', Delete: 'Del' }[e.key] ?? (e.key.length === 1 ? e.key.toUpperCase() : e.key))
    const run = by.get(name)
    if (!run || pressed || e.altKey && !typed) return
    e.preventDefault()
    e.stopPropagation()
    run(e)
  }, { capture: true })
}
