// Requests to the server, and the author they are made by.

let token = sessionStorage.getItem('slmsam-token') ?? ''
const asked = new URLSearchParams(location.search).get('token')
if (asked) { // a link with the token: remove it from the address bar
  token = asked
  sessionStorage.setItem('slmsam-token', token)
  history.replaceState(null, '', location.pathname + location.hash)
}

/** The name of this page for others who work on the same volume. Each tab has its own. */
export const author = 'tab ' + crypto.getRandomValues(new Uint32Array(1))[0].toString(36)

/** An unsuccessful reply; data is the server's JSON. */
export class Refused extends Error {
  constructor(status, data) {
    super(data.detail ?? `the server answered ${status}`)
    this.status = status
    this.data = data
  }
}

let asking = null // resolves once the user has entered a token

/** Asks the user for the token, once for all requests that need it; used is the one that was refused. */
function askToken(used) {
  if (used !== token) return null // another request has asked for it in the meantime
  asking ??= new Promise(done => {
    const dialog = document.getElementById('ask'), input = document.getElementById('token')
    document.getElementById('wrongtoken').hidden = !used
    input.value = ''
    dialog.addEventListener('close', () => {
      token = input.value.trim()
      sessionStorage.setItem('slmsam-token', token)
      asking = null
      done()
    }, { once: true })
    dialog.showModal()
  })
  return asking
}

/** fetch with the token. Throws Refused for an unsuccessful reply. */
export async function request(path, options = {}) {
  for (;;) {
    const headers = { ...options.headers }, used = token
    if (used) headers.Authorization = 'Bearer ' + used
    let answer
    try {
      answer = await fetch('/api/' + path, { ...options, headers })
    } catch (err) {
      if (err.name === 'AbortError') throw err
      throw new Error('the server does not respond: is slmsam serve still running?')
    }
    if (answer.ok) return answer
    if (answer.status === 401) {
      await askToken(used)
      continue
    }
    throw new Refused(answer.status, await answer.json().catch(() => ({})))
  }
}

export const get = async path => (await request(path)).json()

export const post = async (path, body) =>
  (await request(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })).json()

export const volume = id => 'volumes/' + encodeURIComponent(id)

/** Calls take(event) for everything that happens to a volume, until signal aborts. Calls lost(error) and reconnects when
 *  the connection is lost. */
export async function follow(id, signal, take, lost) {
  while (!signal.aborted) {
    try {
      const answer = await request(volume(id) + '/events', { signal })
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
      let rest = ''
      for (;;) {
        const { value, done } = await reader.read()
        if (done) break
        const lines = (rest + value).split('\n')
        rest = lines.pop()
        for (const line of lines) take(JSON.parse(line))
      }
    } catch (err) {
      if (signal.aborted) return
      lost(err)
    }
    await new Promise(done => setTimeout(done, 1000))
  }
}

/** Saves the body of a reply as a file. */
export async function save(path, name) {
  const url = URL.createObjectURL(await (await request(path)).blob())
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60000)
}
