"""Validates blog posts with pydantic, as the benchmark says on standard input.

A line is "MODEL FILE N": parse and validate the file's bytes N times. The answer
is the nanoseconds of processor time that one took, on a line.
"""

import datetime
import sys
import time

import pydantic
from pydantic import AnyUrl, BaseModel, ConfigDict, EmailStr, Field


def blog(Email, Url, Date):
    """The model of blog.json; formats as the given types. Unique tags are not asked for."""

    class Keyword(BaseModel):
        word: str
        weight: float = Field(ge=0, le=1)

    class Section(BaseModel):
        heading: str
        body: str = Field(min_length=100)
        keywords: list[Keyword]

    class Author(BaseModel):
        name: str
        email: Email

    class Reference(BaseModel):
        title: str
        url: Url
        published: Date

    class Post(BaseModel):
        model_config = ConfigDict(extra="forbid")
        title: str = Field(min_length=5, max_length=200)
        slug: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
        summary: str = Field(min_length=20)
        tags: list[str] = Field(min_length=1)
        author: Author
        sections: list[Section] = Field(min_length=1)
        conclusion: str
        references: list[Reference]

    return Post


MODELS = {"formats": blog(EmailStr, AnyUrl, datetime.date), "strings": blog(str, str, str)}


def refuses(model, doc):
    try:
        model.model_validate_json(doc)
    except pydantic.ValidationError:
        return True
    return False


def measure(model, doc, n):
    wrong = doc.replace(b'"weight":0.1}', b'"weight":7}', 1)
    if wrong == doc or not refuses(model, wrong) or refuses(model, doc):
        sys.exit("the model does not judge as it should")
    validate = model.model_validate_json
    began = time.process_time_ns()
    for _ in range(n):
        validate(doc)
    return (time.process_time_ns() - began) / n


def main():
    print(f"Python {sys.version.split()[0]}, pydantic {pydantic.VERSION}", flush=True)
    for line in sys.stdin:
        name, path, n = line.split()
        with open(path, "rb") as f:
            doc = f.read()
        print(measure(MODELS[name], doc, int(n)), flush=True)


main()
