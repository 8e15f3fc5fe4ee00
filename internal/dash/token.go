package dash

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
)

// shortestToken is the fewest characters that a token may have.
const shortestToken = 16

// A Token is the secret without which a page is not shown. The zero value is
// none.
type Token struct{ text string }

// NewToken makes a token at random, of 128 bits.
func NewToken() Token { return Token{rand.Text()} }

// ReadToken takes a token that somebody chose. Its error does not contain it.
func ReadToken(text string) (Token, error) {
	if len(text) < shortestToken {
		return Token{}, fmt.Errorf("the token has %d characters; take %d or more, so that it cannot be guessed", len(text), shortestToken)
	}
	for _, r := range text {
		if !strings.ContainsRune(tokenLetters, r) {
			return Token{}, fmt.Errorf("the token may have letters, digits, - and _ only")
		}
	}
	return Token{text}, nil
}

const tokenLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// IsZero reports whether there is none.
func (t Token) IsZero() bool { return t.text == "" }

// Query returns what is put behind the page's address to open it; "" for none.
func (t Token) Query() string {
	if t.IsZero() {
		return ""
	}
	return "?token=" + t.text
}

// is reports whether somebody knows the token, in a time that does not tell how
// much of it.
func (t Token) is(text string) bool { return equalSecrets(text, t.text) }

// equalSecrets compares secrets in a time that depends on neither.
func equalSecrets(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// pass is what a browser keeps in its cookie: it proves that the token was known
// and does not tell it.
func (t Token) pass() string {
	mac := hmac.New(sha256.New, []byte(t.text))
	mac.Write([]byte("paceline page"))
	return hex.EncodeToString(mac.Sum(nil))
}

// admits reports whether a request proves that its sender knows the token: by its
// cookie of that name, or as Authorization: Bearer.
func (t Token) admits(r *http.Request, cookie string) bool {
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return t.is(strings.TrimSpace(bearer))
	}
	c, err := r.Cookie(cookie)
	return err == nil && equalSecrets(c.Value, t.pass())
}
