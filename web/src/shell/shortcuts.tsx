import { useState } from 'react'
import { Button } from '../kit/button'
import { Dialog } from '../kit/dialog'
import { Actions, Check } from '../kit/fields'
import { Key } from '../kit/key'
import { shortcutsOn, switchShortcuts } from '../kit/shortcuts'
import { PALETTE_KEYS } from './finder'
import css from './palette.module.css'

type Keys = [keys: string[], does: string][]
const EVERYWHERE: Keys = [
  [[PALETTE_KEYS], 'Find a page or an object'],
  [['?'], 'These keys'],
  [['/'], 'Go to the filter of a list'],
  [['g', 's'], 'Sources'],
  [['g', 'd'], 'Destinations'],
  [['g', 'v'], 'Delivery'],
  [['g', 'c'], 'Catalog'],
  [['g', 'i'], 'Integrations, for partners'],
  [['g', 'r'], 'Reviews, for operators'],
  [['Esc'], 'Close'],
]
const DEBUGGER: Keys = [
  [['j', 'k'], 'Older, newer message; arrows do the same'],
  [['Space'], 'Live or pause; so does p'],
  [['[', ']'], 'Previous, next view of the message'],
  [['e'], 'Fold or unfold all of it, in Raw'],
  [['c'], 'Copy its JSON'],
  [['u'], 'Copy it as cURL'],
  [['l'], 'Copy its link'],
]

/** The keys that work on every page, and those of the debugger. */
export function Shortcuts({ close }: { close: () => void }) {
  const [on, setOn] = useState(shortcutsOn)
  return (
    <Dialog title="Keyboard shortcuts" open onClose={close}>
      <List keys={EVERYWHERE} />
      <h3>In the debugger</h3>
      <List keys={DEBUGGER} />
      <Check
        label="Single keys do something"
        hint={`Remembered in this browser. They never do while you write; ${PALETTE_KEYS} always works.`}
        checked={on}
        onChange={(event) => {
          switchShortcuts(event.target.checked)
          setOn(event.target.checked)
        }}
      />
      <Actions>
        <Button onClick={close}>Close</Button>
      </Actions>
    </Dialog>
  )
}

function List({ keys }: { keys: Keys }) {
  return (
    <dl className={css.keys}>
      {keys.map(([each, does]) => (
        <div key={does}>
          <dt>
            {each.map((key) => (
              <Key key={key}>{key}</Key>
            ))}
          </dt>
          <dd>{does}</dd>
        </div>
      ))}
    </dl>
  )
}
