// What all parts of the page use: its elements, and the status line.

export const $ = id => document.getElementById(id)

/** Shows a text in the status line. */
export function say(text, error = false) {
  $('status').textContent = text
  $('status').title = text
  $('status').classList.toggle('error', error)
}

export const fail = err => say('error: ' + err.message, true)

/** Returns f with its errors shown in the status line. */
export const guarded = f => async (...args) => { try { await f(...args) } catch (err) { fail(err) } }

const icon = path => `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${path}"/></svg>`

export const icons = {
  eye: icon('M1 8Q8 1 15 8Q8 15 1 8ZM8 6A2 2 0 1 0 8 10A2 2 0 1 0 8 6'), hidden: icon('M1 8Q8 1 15 8Q8 15 1 8ZM2 14L14 2'),
  locked: icon('M3 7H13V14H3ZM5 7V5A3 3 0 0 1 11 5V7'), unlocked: icon('M3 7H13V14H3ZM5 7V4A3 3 0 0 1 10.5 2.5'), remove: icon('M4 4L12 12M12 4L4 12'),
}

/** Makes an element with properties and children. */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

/** Seconds in words, rounded up. */
export const duration = s => s < 90 ? `${Math.ceil(s)} s` : s < 5400 ? `${Math.ceil(s / 60)} min` : `${(s / 3600).toFixed(1)} h`
