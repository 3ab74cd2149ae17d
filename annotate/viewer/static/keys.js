// Keyboard: every command has a key, and ? lists them.

/** commands: [keys as in the list, what it does, function]. Keys of a command are separated by two spaces. */
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
    const name = (e.ctrlKey || e.metaKey ? 'Ctrl+' : '') + (e.shiftKey && e.key.length > 1 || e.shiftKey && e.ctrlKey ? 'Shift+' : '') +
      ({ ' ': 'Space', ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc', Delete: 'Del' }[e.key] ?? (e.key.length === 1 ? e.key.toUpperCase() : e.key))
    const run = by.get(name)
    if (!run || pressed || e.altKey && name !== 'Alt') return
    e.preventDefault()
    e.stopPropagation()
    run(e)
  }, { capture: true })
}
