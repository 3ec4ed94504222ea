import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { api, read } from '../../api/client'
import { Button, LinkButton } from '../../kit/button'
import { Actions, Form, Summary, sentence, TextField } from '../../kit/fields'
import { useApiForm } from '../../kit/form'
import { Body, PageHead, useTitle } from '../../kit/page'
import { toast } from '../../kit/toast'
import { integrationsQuery } from './data'
import css from './portal.module.css'

/** A value once it has been quiet for a moment. */
function useQuiet<T>(value: T, milliseconds: number): T {
  const [quiet, setQuiet] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setQuiet(value), milliseconds)
    return () => clearTimeout(timer)
  }, [value, milliseconds])
  return quiet
}

/** Source setup: name and slug. */
export function NewSource() {
  useTitle('Source setup')
  const client = useQueryClient()
  const navigate = useNavigate()
  const [edited, setEdited] = useState(false)
  const form = useApiForm({
    values: { name: '', slug: '' },
    send: async ({ name, slug }) => {
      const { integration } = await read(api.POST('/integrations', { body: { name, slug } }))
      await client.invalidateQueries({ queryKey: integrationsQuery.queryKey })
      toast(`${integration.name} is created. Only your team sees it`)
      await navigate({ to: '/dev-portal/integrations', search: { made: integration.slug } })
    },
  })
  const name = form.watch('name')
  const slug = form.watch('slug')
  // While the slug follows the name the server makes it; once edited, it is checked as it was typed.
  const asked = useQuiet(edited ? { slug } : { name: name.trim() }, 250)
  const wanted = edited ? slug : name.trim()
  const askedFor = 'slug' in asked ? asked.slug : asked.name
  const check = useQuery({
    queryKey: ['portal', 'slug-check', asked],
    queryFn: () => read(api.GET('/integrations/slug-check', { params: { query: asked } })),
    enabled: askedFor !== '',
    placeholderData: (before) => before,
  })
  const answer = wanted === '' ? undefined : check.data
  const current = answer && askedFor === wanted && !check.isPlaceholderData ? answer : undefined
  useEffect(() => {
    if (!edited) form.setValue('slug', current?.slug ?? (wanted === '' ? '' : form.getValues('slug')))
  }, [edited, current, wanted, form.setValue, form.getValues])
  const choose = (free: string) => {
    setEdited(true)
    form.setValue('slug', free)
    form.clearErrors('slug')
    form.setFocus('slug')
  }
  return (
    <>
      <PageHead title="Source setup" sub="Two answers; everything else can be filled in later." />
      <Body>
        <Form onSubmit={form.submit}>
          <Summary faults={form.faults} />
          <TextField
            label="Name"
            hint="How customers know your product."
            count={{ text: name, most: 60 }}
            autoFocus
            autoComplete="off"
            error={form.errors.name?.message}
            {...form.register('name', { required: 'A name is needed.' })}
          />
          <div>
            <TextField
              label="Slug"
              mono
              hint={
                <>
                  Used in addresses and in <code>context.integration.name</code>. Cannot be changed later.
                </>
              }
              autoComplete="off"
              spellCheck={false}
              autoCapitalize="none"
              aria-describedby="slug-check"
              error={form.errors.slug?.message}
              {...form.register('slug', {
                required: 'A slug is needed.',
                onChange: (event) => setEdited(event.target.value !== ''),
              })}
            />
            <div className={css.slug} id="slug-check" aria-live="polite">
              {current?.available && (
                <span className={css.free}>
                  ✓ <code>{current.slug}</code> is free
                </span>
              )}
              {current && !current.available && (
                <>
                  <span className={css.taken}>
                    ✕{' '}
                    {current.problem ? (
                      `${sentence(current.problem.message)} ${sentence(current.problem.fix)}`
                    ) : (
                      <>
                        <code>{current.slug}</code> is taken.
                      </>
                    )}
                  </span>
                  {current.suggestions.length > 0 && <span>Free:</span>}
                  {current.suggestions.map((free) => (
                    <Button key={free} small onClick={() => choose(free)}>
                      <code>{free}</code>
                    </Button>
                  ))}
                </>
              )}
            </div>
          </div>
          <Actions>
            <Button type="submit" look="primary" busy={form.busy}>
              Create source
            </Button>
            <LinkButton to="/dev-portal/integrations" search={{}}>
              Cancel
            </LinkButton>
          </Actions>
        </Form>
      </Body>
    </>
  )
}
