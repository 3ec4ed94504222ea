import { useState } from 'react'
import { Button } from '../kit/button'
import { Dialog } from '../kit/dialog'
import { Actions, Check } from '../kit/fields'
import { Key } from '../kit/key'
import { PALETTE_KEYS } from './finder'
import css from './palette.module.css'
import { shortcutsOn, switchShortcuts } from './shortcuts-switch'

const KEYS: [keys: string[], does: string][] = [
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

/** The keys that work on every page. */
export function Shortcuts({ close }: { close: () => void }) {
  const [on, setOn] = useState(shortcutsOn)
  return (
    <Dialog title="Keyboard shortcuts" open onClose={close}>
      <dl className={css.keys}>
        {KEYS.map(([keys, does]) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <Key key={key}>{key}</Key>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
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
