import type { Fault } from '../../../../api/client'
import { Button } from '../../../../kit/button'
import { Group, Input, Select, TextField, told } from '../../../../kit/fields'
import { Muted } from '../../../../kit/page'
import css from './filters.module.css'
import { type ActionType, blankStep, CHANGES, type Row, type Step, takesFields } from './words'

/** What changes messages, one after the other. */
export function Steps({
  steps,
  faults,
  onChange,
}: {
  steps: Step[]
  faults: Fault[]
  onChange: (steps: Step[]) => void
}) {
  return (
    <div className={css.steps}>
      {steps.map((step, at) => {
        const label = CHANGES.find(([type]) => type === step.type)?.[1] ?? 'Do not send them'
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step has nothing else to be known by while it is typed.
          <Group key={at} legend={label} boxed>
            <Members
              step={step}
              set={(changed) =>
                onChange(steps.map((each, place) => (place === at ? { ...each, ...changed } : each)))
              }
            />
            {faults
              .filter(({ pointer }) => pointer?.startsWith(`/actions/${at}/`) || pointer === `/actions/${at}`)
              .map((fault) => (
                <p key={`${fault.pointer} ${fault.message}`} className={css.bad} role="alert">
                  {told({ ...fault, expected: undefined })}
                </p>
              ))}
            <div className={css.buttons}>
              <Button
                small
                aria-label={`Remove: ${label}`}
                onClick={() => onChange(steps.filter((_, place) => place !== at))}
              >
                Remove
              </Button>
            </div>
          </Group>
        )
      })}
      {steps.length < 10 && (
        <Select
          label={steps.length === 0 ? 'What to do' : 'And then'}
          value=""
          onChange={({ target }) => onChange([...steps, blankStep(target.value as ActionType)])}
        >
          <option value="">Choose…</option>
          {CHANGES.map(([type, label]) => (
            <option key={type} value={type}>
              {label}
            </option>
          ))}
        </Select>
      )}
    </div>
  )
}

function Members({ step, set }: { step: Step; set: (changed: Partial<Step>) => void }) {
  if (step.type === 'SAMPLE') {
    return (
      <>
        <TextField
          label="Percent that are sent"
          inputMode="decimal"
          value={step.percent}
          onChange={({ target }) => set({ percent: target.value })}
        />
        <TextField
          label="Field that decides"
          optional
          mono
          placeholder="userId"
          hint="Who is in the sample by it is in it every time. Without one each message is for itself."
          value={step.path}
          onChange={({ target }) => set({ path: target.value })}
        />
      </>
    )
  }
  if (step.type === 'RENAME_EVENT') {
    return (
      <TextField
        label="New name of the event"
        value={step.newEventName}
        onChange={({ target }) => set({ newEventName: target.value })}
      />
    )
  }
  if (!takesFields(step.type)) return null
  return (
    <>
      {step.type === 'HASH_PROPERTIES' && (
        <Select
          label="How"
          hint="Without the key nobody finds out what was hashed by hashing what it might be. SHA-256 is what advertising tools match by."
          value={step.algorithm}
          onChange={({ target }) => set({ algorithm: target.value as Step['algorithm'] })}
        >
          <option value="HMAC_SHA256">HMAC-SHA256, under a key of this destination</option>
          <option value="SHA256">SHA-256</option>
        </Select>
      )}
      <Fields step={step} set={(rows) => set({ rows })} />
    </>
  )
}

const VALUES: Partial<Record<ActionType, string>> = { RENAME_PROPERTIES: 'new name', SET_VALUES: 'value' }

function Fields({ step: { type, rows }, set }: { step: Step; set: (rows: Row[]) => void }) {
  const value = VALUES[type]
  const change = (at: number, changed: Partial<Row>) =>
    set(rows.map((row, place) => (place === at ? { ...row, ...changed } : row)))
  return (
    <>
      {rows.map((row, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a field has nothing else to be known by while it is typed.
        <div key={at} className={css.row}>
          <Input
            mono
            aria-label={`Field ${at + 1}: within`}
            placeholder="the message itself"
            spellCheck={false}
            value={row.within}
            onChange={({ target }) => change(at, { within: target.value })}
          />
          <Input
            mono
            aria-label={`Field ${at + 1}: name`}
            placeholder="name"
            spellCheck={false}
            value={row.name}
            onChange={({ target }) => change(at, { name: target.value })}
          />
          {value && (
            <Input
              mono
              aria-label={`Field ${at + 1}: ${value}`}
              placeholder={value}
              spellCheck={false}
              value={row.value}
              onChange={({ target }) => change(at, { value: target.value })}
            />
          )}
          <Button
            small
            aria-label={`Remove field ${at + 1}`}
            onClick={() => set(rows.filter((_, place) => place !== at))}
          >
            ✕
          </Button>
        </div>
      ))}
      <Muted>
        Within properties, traits, context or an object in them.{' '}
        {type === 'SET_VALUES' && 'Values are JSON, or text.'}
      </Muted>
      <div className={css.buttons}>
        <Button
          small
          onClick={() => set([...rows, { within: rows.at(-1)?.within ?? 'properties', name: '', value: '' }])}
        >
          Add field
        </Button>
      </div>
    </>
  )
}
