import { useState } from 'react'
import { Button } from '../../../kit/button'
import { Input, Pick } from '../../../kit/fields'
import css from './overview.module.css'
import { type Asked, PERIODS, timeOf, USUAL } from './words'

/** Local, as a field of the browser has it. */
const typed = (time: string | undefined) => {
  if (!time) return ''
  const moment = new Date(time)
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
const stamp = (text: string) => (text ? new Date(text).toISOString() : undefined)

/** Which stretch of time; the usual one is left out of the address. */
export function TimeSelect({ asked, onChange }: { asked: Asked; onChange: (asked: Asked) => void }) {
  const time = timeOf(asked)
  const [custom, setCustom] = useState(time.period === undefined)
  const [from, setFrom] = useState(() => typed(time.from))
  const [to, setTo] = useState(() => typed(time.to))
  return (
    <form
      className={css.time}
      onSubmit={(event) => {
        event.preventDefault()
        if (from) onChange({ from: stamp(from), to: stamp(to) })
      }}
    >
      <Pick
        aria-label="Period"
        value={custom ? 'custom' : time.period}
        onChange={({ target }) => {
          setCustom(target.value === 'custom')
          if (target.value !== 'custom') onChange(target.value === USUAL ? {} : { period: target.value })
        }}
      >
        {Object.entries(PERIODS).map(([word, label]) => (
          <option key={word} value={word}>
            {label}
          </option>
        ))}
        <option value="custom">From … to …</option>
      </Pick>
      {custom && (
        <>
          <Input
            type="datetime-local"
            aria-label="From"
            required
            value={from}
            onChange={({ target }) => setFrom(target.value)}
          />
          <Input
            type="datetime-local"
            aria-label="To, now when left empty"
            min={from}
            value={to}
            onChange={({ target }) => setTo(target.value)}
          />
          <Button type="submit">Show</Button>
        </>
      )}
    </form>
  )
}
