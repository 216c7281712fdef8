import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { meantRoute, routesOf } from '../../worker/http/routes.ts'

const app = new Hono()
app.use((_, next) => next())
app.post('/v1/chat/completions', (c) => c.text(''))
app.post('/chat', (c) => c.text(''))
app.post('/v1/streams', (c) => c.text(''))
app.get('/v1/streams', (c) => c.text(''))
app.get('/v1/streams/:id', (c) => c.text(''))
app.delete('/v1/streams/:id', (c) => c.text(''))
app.get('/v1/models', (c) => c.text(''))
app.get('/v1/models/:id{.+}', (c) => c.text(''))
app.post('/v1/sessions', (c) => c.text(''))
app.get('/healthz', (c) => c.text(''))
const routes = routesOf(app)
for (const { path } of [...app.routes]) app.options(path, (c) => c.text('')).all(path, (c) => c.text(''))

test('the routes are those of the app, as documentation writes them', () => {
  const all = [
    'POST /v1/chat/completions',
    'POST /chat',
    'POST /v1/streams',
    'GET /v1/streams',
    'GET /v1/streams/{id}',
    'DELETE /v1/streams/{id}',
    'GET /v1/models',
    'GET /v1/models/{id}',
    'POST /v1/sessions',
    'GET /healthz',
  ]
  expect(routes.map(({ method, path }) => `${method} ${path}`)).toEqual(all)
  // What answers other methods is no route.
  expect(routesOf(app)).toEqual(routes)
})

describe('the route that is meant', () => {
  test.each([
    ['/chat/completions', '/v1/chat/completions'],
    ['/v1/v1/chat/completions', '/v1/chat/completions'],
    ['/openai/v1/chat/completions/', '/v1/chat/completions'],
    ['/V1/Chat/Completions', '/v1/chat/completions'],
    ['//v1//models', '/v1/models'],
    ['/v1/completions', '/v1/chat/completions'],
    ['/v1/chat/completion', '/v1/chat/completions'],
    ['/v1', '/v1/chat/completions'],
    ['/v1/', '/v1/chat/completions'],
    ['/v1/chat', '/v1/chat/completions'],
    ['/api/chat', '/chat'],
    ['/models', '/v1/models'],
    ['/v1/model', '/v1/models'],
    ['/health', '/healthz'],
    ['/healthz/', '/healthz'],
  ])('by %s is %s', (asked, meant) => {
    expect(meantRoute(asked, routes)?.path).toBe(meant)
  })

  test.each([
    '/v1/embeddings',
    '/v1/audio/speech',
    '/wp-login.php',
    '/',
    '',
    '/x',
    `/${'v1/models'.repeat(20)}`,
  ])('by %s is none', (asked) => {
    expect(meantRoute(asked, routes)).toBeUndefined()
  })
})
