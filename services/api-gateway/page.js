const form = document.querySelector('#sign-in')
const message = document.querySelector('#message')
const section = document.querySelector('#runs')

form.addEventListener('submit', (event) => {
  event.preventDefault()
  sessionStorage.setItem('key', document.querySelector('#key').value.trim())
  void show()
})

async function show() {
  const key = sessionStorage.getItem('key')
  if (!key) return
  const answer = await fetch('/api/v1/runs?limit=20', { headers: { authorization: `Bearer ${key}` } })
  const body = await answer.json()
  message.textContent = answer.ok ? '' : body.detail
  form.hidden = answer.ok
  section.hidden = !answer.ok
  if (!answer.ok) {
    sessionStorage.removeItem('key')
    return
  }
  document.querySelector('#none').hidden = body.items.length > 0
  section.querySelector('tbody').replaceChildren(...body.items.map(row))
  setTimeout(show, body.items.some(({ status }) => status === 'running') ? 2000 : 15000)
}

function row(run) {
  const line = document.createElement('tr')
  const status = run.stopReason ? `${run.status} (${run.stopReason})` : run.status
  const cells = [run.run, run.name, status, run.entities, run.findings, Math.round(run.seconds), run.startedAt ?? '']
  for (const [index, text] of cells.entries()) {
    const cell = document.createElement('td')
    cell.textContent = index === 6 && text ? new Date(text).toLocaleString() : text
    if (index > 2 && index < 6) cell.className = 'number'
    line.append(cell)
  }
  return line
}

void show()
