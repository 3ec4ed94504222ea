import { useState } from 'react'
import { Button } from '../../../kit/button'
import { Dialog } from '../../../kit/dialog'
import { Actions, Check, Form, Select, TextField } from '../../../kit/fields'
import { Note } from '../../../kit/page'
import { type Property, pathOf, pathText } from './rule'

const TYPES = ['any', 'string', 'number', 'integer', 'boolean', 'date time', 'object', 'array', 'null']

/** The parts of one property that a form can hold. */
export function PropertyDialog({
  part,
  property,
  taken,
  onClose,
  save,
}: {
  part: string
  property: Property | undefined
  taken: string[]
  onClose: () => void
  save: (property: Property) => void
}) {
  const before = property ? pathText(property.path) : ''
  const [path, setPath] = useState(before)
  const many = (property?.types.filter((type) => type !== 'null') ?? []).length > 1
  const [type, setType] = useState(
    property ? (property.types.find((each) => each !== 'null') ?? property.types[0] ?? 'any') : 'string',
  )
  const [nullable, setNullable] = useState(
    (property?.types.length ?? 0) > 1 && !!property?.types.includes('null'),
  )
  const [required, setRequired] = useState(property?.required ?? false)
  const [values, setValues] = useState(property?.values.join(' | ') ?? '')
  const [pattern, setPattern] = useState(property?.pattern ?? '')
  const [description, setDescription] = useState(property?.description ?? '')
  const [problem, setProblem] = useState<string>()
  const element = pathOf(path).at(-1) === '$'
  return (
    <Dialog title={property ? `Edit ${before}` : `Add ${part}`} open onClose={onClose}>
      <Form
        onSubmit={(event) => {
          event.preventDefault()
          // The dialog is within the rule's form as far as React goes.
          event.stopPropagation()
          const names = pathOf(path)
          if (names.some((name) => name === '')) return setProblem('A name is needed, such as "order_id".')
          if (path.trim() !== before && taken.includes(pathText(names)))
            return setProblem('The rule has this one already.')
          const types = many
            ? property!.types
            : type === 'any'
              ? []
              : nullable && type !== 'null'
                ? [type, 'null']
                : [type]
          save({
            path: names,
            types,
            required: required && !element,
            values: values
              .split('|')
              .map((value) => value.trim())
              .filter(Boolean),
            pattern,
            description,
          })
        }}
      >
        <TextField
          label="Name"
          mono
          autoComplete="off"
          hint="Nested: products.$.sku, where $ is each element of a list. A dot in a name is written \."
          error={problem}
          value={path}
          onChange={({ target }) => setPath(target.value)}
        />
        {many ? (
          <Note>It may have several types ({property!.types.join(', ')}); change them as JSON.</Note>
        ) : (
          <>
            <Select label="Data type" value={type} onChange={({ target }) => setType(target.value)}>
              {TYPES.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </Select>
            {type !== 'any' && type !== 'null' && (
              <Check
                label="Allow null values"
                checked={nullable}
                onChange={({ target }) => setNullable(target.checked)}
              />
            )}
          </>
        )}
        {!element && (
          <Check
            label="Required"
            hint="A message without it breaks the rule."
            checked={required}
            onChange={({ target }) => setRequired(target.checked)}
          />
        )}
        <TextField
          label="Permitted values"
          optional
          hint="Separated by |, such as free | pro."
          value={values}
          onChange={({ target }) => setValues(target.value)}
        />
        {(type === 'string' || pattern !== '') && (
          <TextField
            label="Pattern"
            optional
            mono
            hint="A regular expression that texts have to match; no look-around."
            value={pattern}
            onChange={({ target }) => setPattern(target.value)}
          />
        )}
        <TextField
          label="Description"
          optional
          value={description}
          onChange={({ target }) => setDescription(target.value)}
        />
        <Actions>
          <Button type="submit" look="primary">
            {property ? 'Change' : 'Add'}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </Actions>
      </Form>
    </Dialog>
  )
}
